{{- define "ecr-courier.mistakes.sources" -}}
{{- $in := . -}}
{{- $sources := include "ecr-courier.entries" (dict "path" "config.sources" "list" .config.sources) | fromYamlArray -}}
{{- include "ecr-courier.twice" (dict "entries" $sources "option" "name") -}}
{{- $said := include "ecr-courier.saidSource" . | fromYaml -}}
{{- $isThere := false -}}
{{- range $sources -}}
{{- $isDefault := eq (toString .map.name) "default" -}}
{{- if $isDefault }}{{ $isThere = true }}{{ end -}}
{{- $of := dict "map" .map "said" (ternary $said dict $isDefault) -}}
{{- include "ecr-courier.wrongMap" (merge (dict "path" .path "section" $in.known.sources "known" $in.known) $of) -}}
{{- range include "ecr-courier.entries" (dict "path" (printf "%s.roles" .path) "list" .map.roles) | fromYamlArray -}}
{{- include "ecr-courier.wrongMap" (dict "path" .path "map" .map "section" $in.known.roles "known" $in.known) -}}
{{- end -}}
{{- include "ecr-courier.mistakes.source" (dict "path" .path "map" (include "ecr-courier.whole" $of | fromYaml)) -}}
{{- end -}}
{{- if and $said (not $isThere) (not .root.Values.existingConfigMap) -}}
{{- include "ecr-courier.mistakes.source" (dict "path" "extraEnv (the source default)" "map" (merge (dict "name" "default") $said)) -}}
{{- end -}}
{{- end }}

{{- /* What variables say of the source `default`, as YAML. Beside an address of Rancher 1.6, AWS_ROLE_ARN is one of them. */ -}}
{{- define "ecr-courier.saidSource" -}}
{{- $old := include "ecr-courier.said" (dict "root" .root "env" (dict "maker" .known.cattle.maker "token" "AWS_WEB_IDENTITY_TOKEN_FILE" "roleArn" "AWS_ROLE_ARN")) | fromYaml -}}
{{- $said := include "ecr-courier.said" (dict "root" .root "env" .known.sources.env) | fromYaml -}}
{{- if and $old.maker $old.roleArn (not $old.token) }}{{ $said = merge (dict) $said (pick $old "roleArn") }}{{ end -}}
{{- toYaml $said -}}
{{- end }}

{{- /* Options of one source that do not go together. path; map: with what variables say. */ -}}
{{- define "ecr-courier.mistakes.source" -}}
{{- $path := .path -}}
{{- $kinds := list -}}
{{- $map := .map -}}
{{- range list "lambda" "command" "file" }}{{ if get $map . }}{{ $kinds = append $kinds . }}{{ end }}{{ end -}}
{{- if gt (len $kinds) 1 -}}
{{- printf "%s: %s exclude each other: a source takes its tokens from one place\n" $path (join " and " $kinds) -}}
{{- else if and $kinds (ne (first $kinds) "lambda") -}}
{{- range list "profile" "roleArn" "roles" "externalId" "endpoint" "stsEndpoint" -}}
{{- if get $map . }}{{ printf "%s.%s: is of an AWS identity, which %s does not use: remove it, or give %s a source of its own\n" $path . (first $kinds) (first $kinds) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- $isDefault := eq (toString .map.name) "default" -}}
{{- if and .map.externalId (not .map.roleArn) }}{{ printf "%s.externalId: goes with roleArn: set that too\n" $path }}{{ end -}}
{{- if eq (toString .map.service) "ecr-public" -}}
{{- if $isDefault }}{{ printf "%s.service: default serves private registries: give the source for ECR Public another name\n" $path }}{{ end -}}
{{- if .map.accounts }}{{ printf "%s.accounts: are of private registries: ECR Public has none in its host\n" $path }}{{ end -}}
{{- else if not (or $isDefault .map.accounts .map.registries .map.slots) -}}
{{- printf "%s: serves no registry: give it accounts, registries or slots, or name it default\n" $path -}}
{{- end -}}
{{- end }}
