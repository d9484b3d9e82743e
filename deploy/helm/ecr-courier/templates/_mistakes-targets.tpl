{{- define "ecr-courier.mistakes.targets" -}}
{{- $in := . -}}
{{- $targets := include "ecr-courier.targets" .root | fromYamlArray -}}
{{- include "ecr-courier.twice" (dict "entries" $targets "option" "name") -}}
{{- $names := include "ecr-courier.names" (dict "entries" $targets "usual" "kind") | fromYamlArray -}}
{{- range $at, $entry := $targets -}}
{{- $section := get $in.known.targets $entry.map.kind -}}
{{- $isNamed := eq (index $names $at) $entry.map.kind -}}
{{- $said := include "ecr-courier.said" (dict "root" $in.root "env" (ternary $section.env dict $isNamed)) | fromYaml -}}
{{- include "ecr-courier.mistakes.saidTarget" (dict "path" $entry.path "map" (omit $entry.map "kind") "kind" $entry.map.kind "section" $section "known" $in.known "said" $said) -}}
{{- end -}}
{{- $isMade := false -}}
{{- range $kind, $section := $in.known.targets -}}
{{- $said := include "ecr-courier.said" (dict "root" $in.root "env" $section.env) | fromYaml -}}
{{- $isNamed := false -}}
{{- range $at, $entry := $targets }}{{ if and (eq $entry.map.kind $kind) (eq (index $names $at) $kind) }}{{ $isNamed = true }}{{ end }}{{ end -}}
{{- if and $said (not $isNamed) (not $in.root.Values.existingConfigMap) -}}
{{- include "ecr-courier.mistakes.madeTarget" (dict "kind" $kind "section" $section "known" $in.known "said" $said "names" $names) -}}
{{- end -}}
{{- range $option, $name := $section.env }}{{ if and (eq $name $section.maker) (hasKey $said $option) }}{{ $isMade = true }}{{ end }}{{ end -}}
{{- end -}}
{{- if not (or $targets .root.Values.existingConfigMap $isMade) -}}
{{- printf "target: is null, and config.targets has none: the courier would have nothing to do\n" -}}
{{- end -}}
{{- end }}

{{- /* A target with what variables say of it. path, map, kind, section, known, said. */ -}}
{{- define "ecr-courier.mistakes.saidTarget" -}}
{{- include "ecr-courier.wrongMap" . -}}
{{- include "ecr-courier.mistakes.target" (set (deepCopy .) "map" (include "ecr-courier.whole" . | fromYaml)) -}}
{{- end }}

{{- /* A target that variables make, or would make with one more. kind, section, known, said, names: those that are taken. */ -}}
{{- define "ecr-courier.mistakes.madeTarget" -}}
{{- $in := . -}}
{{- $path := printf "extraEnv (%s)" .section.maker -}}
{{- $isMade := false -}}
{{- range $option, $name := .section.env }}{{ if and (eq $name $in.section.maker) (hasKey $in.said $option) }}{{ $isMade = true }}{{ end }}{{ end -}}
{{- if not $isMade -}}
{{- range $option, $_ := .said -}}
{{- printf "extraEnv (%s): has no effect alone: set %s, or give a target of the kind %s the name %s\n" (get $in.section.env $option) $in.section.maker $in.kind $in.kind -}}
{{- end -}}
{{- else if has .kind .names -}}
{{- printf "%s: makes a target with the name %s, which is taken: give the other one another name\n" $path .kind -}}
{{- else -}}
{{- /* Rancher itself injects such an address, and the courier takes it. */ -}}
{{- $map := ternary (dict "allowHttp" true) dict (eq .kind "rancher") -}}
{{- include "ecr-courier.mistakes.saidTarget" (dict "path" $path "map" $map "kind" .kind "section" .section "known" .known "said" .said) -}}
{{- end -}}
{{- end }}

{{- /* Options of one target that do not go together. path, map, kind, section. */ -}}
{{- define "ecr-courier.mistakes.target" -}}
{{- $in := . -}}
{{- $path := .path -}}
{{- range .section.addresses -}}
{{- if and (regexMatch "^(?i:http:)" (get $in.map . | toString)) (not (include "ecr-courier.on" $in.map.allowHttp)) -}}
{{- printf "%s.%s: is plain http: whoever is in between can read key and tokens. Use https, or allow it with allowHttp: true\n" $path . -}}
{{- end -}}
{{- end -}}
{{- $sets := list -}}
{{- $isWhole := false -}}
{{- range $set := .section.anyOf -}}
{{- $lacks := "" -}}
{{- range $set }}{{ if not (include "ecr-courier.has" (dict "map" $in.map "option" .)) }}{{ $lacks = . }}{{ end }}{{ end -}}
{{- if not $lacks }}{{ $isWhole = true }}{{ end -}}
{{- $sets = append $sets (join " and " $set) -}}
{{- end -}}
{{- if and $sets (not $isWhole) }}{{ printf "%s: needs %s\n" $path (join ", or " $sets) }}{{ end -}}
{{- with .map -}}
{{- if and .clientCertFile (not .clientKeyFile) }}{{ printf "%s.clientCertFile: needs clientKeyFile, too\n" $path }}{{ end -}}
{{- if and .clientKeyFile (not .clientCertFile) }}{{ printf "%s.clientKeyFile: needs clientCertFile, too\n" $path }}{{ end -}}
{{- end -}}
{{- if eq .kind "argocd" -}}
{{- include "ecr-courier.mistakes.kubernetes" . -}}
{{- else if has .kind (list "kubernetes" "rancher" "docker-config") -}}
{{- include (printf "ecr-courier.mistakes.%s" .kind) . -}}
{{- end -}}
{{- end }}

{{- define "ecr-courier.mistakes.kubernetes" -}}
{{- $path := .path -}}
{{- with .map -}}
{{- if .kubeconfig -}}
{{- if .url }}{{ printf "%s.url: stands beside kubeconfig, which says it too: take one of the two out\n" $path }}{{ end -}}
{{- if .tokenFile }}{{ printf "%s.tokenFile: stands beside kubeconfig, which says it too: take one of the two out\n" $path }}{{ end -}}
{{- else if .context -}}
{{- printf "%s.context: is one of a kubeconfig, and none is named: name the file with kubeconfig\n" $path -}}
{{- else if and .url (not .tokenFile) -}}
{{- printf "%s.url: needs a token: name its file with tokenFile, or a kubeconfig in the place of both\n" $path -}}
{{- end -}}
{{- if and (include "ecr-courier.on" .restartStuckPods) (not (include "ecr-courier.list" .serviceAccounts | fromYamlArray)) -}}
{{- printf "%s.restartStuckPods: is about pods of serviceAccounts, and none is named: name the ServiceAccounts that shall name the Secret\n" $path -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "ecr-courier.mistakes.rancher" -}}
{{- $hasName := include "ecr-courier.has" (dict "map" .map "option" "accessKey") -}}
{{- $hasSecret := include "ecr-courier.has" (dict "map" .map "option" "secretKey") -}}
{{- if ne (empty $hasName) (empty $hasSecret) -}}
{{- printf "%s: Rancher wants accessKey and secretKey, or neither\n" .path -}}
{{- end -}}
{{- end }}

{{- define "ecr-courier.mistakes.docker-config" -}}
{{- if regexMatch "(^|/)~[^/]*/" (toString .map.path) -}}
{{- printf "%s.path: has a ~ in it, which only a shell knows: write the whole path\n" .path -}}
{{- end -}}
{{- end }}
