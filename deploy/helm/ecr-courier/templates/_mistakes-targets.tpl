{{- define "ecr-courier.mistakes.targets" -}}
{{- $in := . -}}
{{- $targets := include "ecr-courier.targets" .root | fromYamlArray -}}
{{- include "ecr-courier.twice" (dict "entries" $targets "option" "name") -}}
{{- $makers := list -}}
{{- range $in.known.targets }}{{ $makers = append $makers .maker }}{{ end -}}
{{- $set := list -}}
{{- range .root.Values.extraEnv }}{{ $set = append $set .name }}{{ end -}}
{{- range $targets -}}
{{- $section := get $in.known.targets .map.kind -}}
{{- $isHelped := and $section.prefix (include "ecr-courier.isSet" (dict "root" $in.root "prefix" $section.prefix)) -}}
{{- $map := omit .map "kind" -}}
{{- include "ecr-courier.wrongMap" (dict "path" .path "map" $map "section" $section "known" $in.known "isHelped" $isHelped) -}}
{{- include "ecr-courier.mistakes.target" (dict "path" .path "map" $map "kind" .map.kind "section" $section "isHelped" $isHelped) -}}
{{- end -}}
{{- $isMade := false -}}
{{- range $set }}{{ if has . (compact $makers) }}{{ $isMade = true }}{{ end }}{{ end -}}
{{- if not (or $targets .root.Values.existingConfigMap $isMade) -}}
{{- printf "target: is null, and config.targets has none: the courier would have nothing to do\n" -}}
{{- end -}}
{{- end }}

{{- /* Options of one target that do not go together. path, map, kind, section, isHelped. */ -}}
{{- define "ecr-courier.mistakes.target" -}}
{{- $in := . -}}
{{- $path := .path -}}
{{- if not .isHelped -}}
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
{{- end -}}
{{- if has .kind (list "kubernetes" "rancher" "docker-config") -}}
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
{{- end -}}
{{- end }}

{{- define "ecr-courier.mistakes.rancher" -}}
{{- $hasName := include "ecr-courier.has" (dict "map" .map "option" "accessKey") -}}
{{- $hasSecret := include "ecr-courier.has" (dict "map" .map "option" "secretKey") -}}
{{- if and (not .isHelped) (ne (empty $hasName) (empty $hasSecret)) -}}
{{- printf "%s: Rancher wants accessKey and secretKey, or neither\n" .path -}}
{{- end -}}
{{- end }}

{{- define "ecr-courier.mistakes.docker-config" -}}
{{- if regexMatch "(^|/)~[^/]*/" (toString .map.path) -}}
{{- printf "%s.path: has a ~ in it, which only a shell knows: write the whole path\n" .path -}}
{{- end -}}
{{- end }}
