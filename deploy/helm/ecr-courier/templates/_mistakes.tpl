{{- /* Ends the rendering with all that the courier would end with, or that would not be read: nothing becomes a pod then. */ -}}
{{- define "ecr-courier.mistakes" -}}
{{- $known := .Files.Get "files/options.json" | fromJson -}}
{{- $config := .Values.config | default dict -}}
{{- range $config.aliases -}}
{{- if .host -}}
{{- $known = merge (dict "hosts" (printf "(%s|(?i:%s))" $known.hosts (regexQuoteMeta .host)) "isAliased" true) $known -}}
{{- end -}}
{{- end -}}
{{- /* A plain name may be one of these files. */ -}}
{{- range .Values.extraVolumeMounts -}}
{{- if hasPrefix "/etc/ecr-courier/" (toString .mountPath) }}{{ $_ := set (get $known.forms "key file") "pattern" "" }}{{ end -}}
{{- end -}}
{{- $in := dict "root" . "known" $known "config" $config -}}
{{- $lines := list -}}
{{- range list "unread" "taken" "variables" "targets" "sources" "others" "lease" "rights" -}}
{{- $lines = concat $lines (include (printf "ecr-courier.mistakes.%s" .) $in | splitList "\n" | compact) -}}
{{- end -}}
{{- if $lines -}}
{{- fail (printf "the values have %s:\n  %s\n" (ternary "a mistake" (printf "%d mistakes" (len $lines)) (eq (len $lines) 1)) (join "\n  " (uniq $lines))) -}}
{{- end -}}
{{- end }}

{{- /* Values that nobody would read. */ -}}
{{- define "ecr-courier.mistakes.unread" -}}
{{- $values := .root.Values -}}
{{- with $values.existingConfigMap -}}
{{- range $option, $value := $values.config -}}
{{- printf "config.%s: is not read, as existingConfigMap has the whole configuration: write it into courier.yaml there, or take existingConfigMap out\n" $option -}}
{{- end -}}
{{- $rules := list "url" "kubeconfig" "secret" "namespaces" "optIn" "namespaceSelector" "onlyWithImages" "serviceAccounts" "restartStuckPods" "replace" "events" -}}
{{- $defaults := dict "name" "kubernetes" "excludeNamespaces" (list "kube-*") -}}
{{- range $option, $value := $values.target -}}
{{- if and $value (not (has $option $rules)) (not (deepEqual $value (get $defaults $option))) -}}
{{- printf "target.%s: is not read, as existingConfigMap has the whole configuration: write it into courier.yaml there. Of target, the rules of rbac follow %s\n" $option (join ", " $rules) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $values.serviceAccount.annotations (not $values.serviceAccount.create) -}}
{{- printf "serviceAccount.annotations: are for the ServiceAccount that the chart makes, and serviceAccount.create is false: annotate the one that is there\n" -}}
{{- end -}}
{{- end }}

{{- /* What the chart says itself, or what is there twice. */ -}}
{{- define "ecr-courier.mistakes.taken" -}}
{{- $values := .root.Values -}}
{{- $labels := include "ecr-courier.labels" .root | fromYaml -}}
{{- $maps := dict "podLabels" $values.podLabels "podAnnotations" $values.podAnnotations "serviceMonitor.labels" $values.serviceMonitor.labels "prometheusRule.labels" $values.prometheusRule.labels "dashboard.labels" $values.dashboard.labels -}}
{{- range $path, $map := $maps -}}
{{- range $key, $_ := $map -}}
{{- if or (hasKey $labels $key) (eq $key "checksum/config") }}{{ printf "%s: %s is set by the chart: take it out\n" $path $key }}{{ end -}}
{{- end -}}
{{- end -}}
{{- $own := list -}}
{{- range include "ecr-courier.ownEnv" .root | fromYamlArray }}{{ $own = append $own (first .) }}{{ end -}}
{{- range $at, $variable := $values.extraEnv -}}
{{- if and (has .name $own) (not (or .value (hasKey . "valueFrom"))) -}}
{{- printf "extraEnv[%d] (%s): is empty, and would take the place of what the chart says there: take it out\n" $at .name -}}
{{- end -}}
{{- end -}}
{{- range $list := list "extraEnv" "extraVolumes" -}}
{{- $entries := include "ecr-courier.entries" (dict "path" $list "list" (get $values $list | default list)) | fromYamlArray -}}
{{- include "ecr-courier.twice" (dict "entries" $entries "option" "name") -}}
{{- range $entries -}}
{{- if and (eq $list "extraVolumes") (has .map.name (list "config" "tmp" "aws" "admin")) }}{{ printf "%s.name: is that of a volume of the chart: give it another one\n" .path }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- /* Variables with a value of their own, as the courier would read them. */ -}}
{{- define "ecr-courier.mistakes.variables" -}}
{{- $in := . -}}
{{- with .root.Values.aws.region -}}
{{- include "ecr-courier.wrongValue" (dict "path" "aws.region" "value" . "form" $in.known.forms.region "known" $in.known) -}}
{{- end -}}
{{- $own := dict "admin.existingSecret" (list "ECR_COURIER_ADMIN_TOKEN_FILE") "aws.existingSecret" (list "AWS_ACCESS_KEY_ID_FILE" "AWS_SECRET_ACCESS_KEY_FILE") -}}
{{- $given := dict -}}
{{- range $path, $names := $own -}}
{{- $secret := (get $in.root.Values (splitList "." $path | first)).existingSecret -}}
{{- range $names }}{{ if $secret }}{{ $_ := set $given . $path }}{{ end }}{{ end -}}
{{- end -}}
{{- range .root.Values.extraEnv }}{{ if or .value (hasKey . "valueFrom") }}{{ $_ := set $given .name "extraEnv" }}{{ end }}{{ end -}}
{{- $forms := merge (ternary $in.known.cattle.forms dict (hasKey $given $in.known.cattle.maker)) $in.known.variables -}}
{{- range $at, $variable := .root.Values.extraEnv -}}
{{- $path := printf "extraEnv[%d] (%s)" $at .name -}}
{{- $form := get $in.known.forms (get $forms .name) -}}
{{- if and $form .value -}}
{{- include "ecr-courier.wrongValue" (dict "path" $path "value" .value "form" $form "known" $in.known) -}}
{{- end -}}
{{- $file := printf "%s_FILE" .name -}}
{{- if and (hasKey $given .name) (hasKey $given $file) (hasKey $in.known.variables $file) -}}
{{- printf "%s: is given twice: here and as %s (%s). Keep one\n" $path $file (get $given $file) -}}
{{- end -}}
{{- if and (hasPrefix "ECR_COURIER_" .name) (not (has .name $in.known.names)) (not (regexMatch "^ECR_COURIER_(SERVICE_(HOST|PORT)|PORT|NAME$|ENV)(_|$)" .name)) -}}
{{- printf "%s: the courier knows no such variable (config/reference.md)\n" $path -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- /* Aliases, receivers, and the groups at the top of the configuration. */ -}}
{{- define "ecr-courier.mistakes.others" -}}
{{- $in := . -}}
{{- range $list, $option := dict "aliases" "host" "notify" "name" -}}
{{- $entries := include "ecr-courier.entries" (dict "path" (printf "config.%s" $list) "list" (get $in.config $list | default list)) | fromYamlArray -}}
{{- include "ecr-courier.twice" (dict "entries" $entries "option" $option) -}}
{{- $names := include "ecr-courier.names" (dict "entries" $entries "usual" "format") | fromYamlArray -}}
{{- range $at, $entry := $entries -}}
{{- $variables := ternary (get $in.known.addresses (index $names $at) | default dict) dict (eq $list "notify") -}}
{{- $said := include "ecr-courier.said" (dict "root" $in.root "env" $variables) | fromYaml -}}
{{- with $entry -}}
{{- include "ecr-courier.wrongMap" (dict "path" .path "map" .map "section" (get $in.known $list) "known" $in.known "said" $said) -}}
{{- $url := get (include "ecr-courier.whole" (dict "map" .map "said" $said) | fromYaml) "url" -}}
{{- if eq $list "notify" -}}
{{- include "ecr-courier.wrongAddress" (dict "path" (printf "%s.url" .path) "url" $url "format" .map.format "known" $in.known) -}}
{{- end -}}
{{- if and (eq $list "notify") (eq (toString .map.name) "heartbeat") -}}
{{- printf "%s.name: is the name of the heartbeat: give it another one\n" .path -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $format, $variables := ternary $in.known.addresses dict (eq $list "notify") -}}
{{- $said := include "ecr-courier.said" (dict "root" $in.root "env" $variables) | fromYaml -}}
{{- if not (has $format $names) -}}
{{- include "ecr-courier.wrongAddress" (dict "path" (printf "extraEnv (%s)" $variables.url) "url" $said.url "format" $format "known" $in.known) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $group, $section := $in.known.groups -}}
{{- $said := include "ecr-courier.said" (dict "root" $in.root "env" $section.env) | fromYaml -}}
{{- with get $in.config $group -}}
{{- include "ecr-courier.wrongMap" (dict "path" (printf "config.%s" $group) "map" . "section" $section "known" $in.known "said" $said) -}}
{{- end -}}
{{- end -}}
{{- $beat := include "ecr-courier.group" (dict "in" . "group" "heartbeat") | fromYaml -}}
{{- $isGiven := "" -}}
{{- range $beat }}{{ $isGiven = print $isGiven (include "ecr-courier.isGiven" .) }}{{ end -}}
{{- $listen := include "ecr-courier.listen" .root -}}
{{- if and $listen (not (regexMatch "^(0\\.0\\.0\\.0|\\[::\\]):" $listen)) -}}
{{- printf "config.server.listen, or ECR_COURIER_LISTEN: must serve every interface in a pod, such as 0.0.0.0:8080, as the probes come from the node\n" -}}
{{- end -}}
{{- range $at, $variable := .root.Values.extraEnv -}}
{{- if and (has .name (list "LISTEN_PORT" "ECR_COURIER_LISTEN")) (hasKey . "valueFrom") -}}
{{- printf "extraEnv[%d] (%s): has valueFrom, so the chart cannot know which port the probes have to ask: give it a value\n" $at .name -}}
{{- end -}}
{{- end -}}
{{- if or (eq (include "ecr-courier.port" .root) "0") (eq (get ($in.config.server | default dict) "port" | toString) "0") -}}
{{- printf "config.server.port, or LISTEN_PORT: must not be 0 in a pod, as the probes have to know the port\n" -}}
{{- end -}}
{{- if not (or (not $isGiven) .root.Values.existingConfigMap (include "ecr-courier.has" (dict "map" $beat "option" "url"))) -}}
{{- printf "config.heartbeat.url: must be set, or urlFile\n" -}}
{{- end -}}
{{- end }}

{{- /* What the format of a receiver says of its address. path, url, format, known. */ -}}
{{- define "ecr-courier.wrongAddress" -}}
{{- $form := get .known.receivers (toString .format) -}}
{{- if and $form .url (ne .url "true") }}{{ include "ecr-courier.wrongText" (dict "path" .path "text" .url "form" $form "known" .known) }}{{ end -}}
{{- end }}

{{- /* A group of the configuration with what variables say of it, as YAML. in, group. */ -}}
{{- define "ecr-courier.group" -}}
{{- $said := include "ecr-courier.said" (dict "root" .in.root "env" (get .in.known.groups .group).env) | fromYaml -}}
{{- include "ecr-courier.whole" (dict "map" (get .in.config .group | default dict) "said" $said) -}}
{{- end }}

{{- define "ecr-courier.mistakes.lease" -}}
{{- $lease := include "ecr-courier.group" (dict "in" . "group" "lease") | fromYaml -}}
{{- $named := or $lease.name (gt (int .root.Values.replicas) 1) -}}
{{- if not .root.Values.existingConfigMap -}}
{{- range list "namespace" "kubeconfig" "context" -}}
{{- if and (get $lease .) (not $named) }}{{ printf "config.lease.%s: needs the name of a Lease beside it\n" . }}{{ end -}}
{{- end -}}
{{- if and $named $lease.context (not $lease.kubeconfig) }}{{ printf "config.lease.context: needs a kubeconfig beside it\n" }}{{ end -}}
{{- if and $named $lease.kubeconfig (not $lease.namespace) }}{{ printf "config.lease.namespace: must be set where a kubeconfig says how the cluster is reached\n" }}{{ end -}}
{{- end -}}
{{- if (include "ecr-courier.lease" .root | fromYaml).here -}}
{{- range $at, $variable := .root.Values.extraEnv -}}
{{- if and (has .name (list "ECR_COURIER_SHARD" "ECR_COURIER_LEASE")) .valueFrom -}}
{{- printf "extraEnv[%d] (%s): has valueFrom, so the chart cannot know for which Lease the pod needs a right: give it a value, or take the Lease out (replicas above 1, config.lease)\n" $at .name -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $shard := include "ecr-courier.shard" .root -}}
{{- if regexMatch "^[0-9]{1,4}/[0-9]{1,4}$" $shard -}}
{{- $parts := splitList "/" $shard -}}
{{- if ge (first $parts | float64) (last $parts | float64) -}}
{{- printf "config.engine.shard, or ECR_COURIER_SHARD: must be i/n, such as 0/3: i is from 0 to n - 1\n" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- /* Targets that cannot be served with Roles in namespaces alone. */ -}}
{{- define "ecr-courier.mistakes.rights" -}}
{{- $rbac := .root.Values.rbac -}}
{{- if and $rbac.create (eq $rbac.mode "namespaces") -}}
{{- range include "ecr-courier.here" .root | fromYamlArray -}}
{{- $path := .path -}}
{{- if .chooses }}{{ printf "%s: rbac.mode namespaces knows no optIn and no namespaceSelector, as both need the list of all namespaces\n" $path }}{{ end -}}
{{- if not .namespaces }}{{ printf "%s.namespaces: must be the names of the namespaces, with rbac.mode namespaces\n" $path }}{{ end -}}
{{- range $at, $name := .namespaces -}}
{{- if regexMatch "[*?!]" $name }}{{ printf "%s.namespaces[%d]: is a pattern: with rbac.mode namespaces, each is a plain name\n" $path $at }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}
