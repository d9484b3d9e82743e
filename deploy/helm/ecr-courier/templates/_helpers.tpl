{{- define "ecr-courier.name" -}}
{{- .Values.nameOverride | default "ecr-courier" | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- /* A Service is named so, too: no dots as in names of releases, and no digit at the beginning. */ -}}
{{- define "ecr-courier.fullname" -}}
{{- $name := include "ecr-courier.name" . -}}
{{- $release := .Release.Name | replace "." "-" -}}
{{- $full := ternary $release (printf "%s-%s" $release $name) (contains $name $release) -}}
{{- $full = ternary (printf "release-%s" $full) $full (regexMatch "^[0-9]" $full) -}}
{{- .Values.fullnameOverride | default $full | trunc 63 | trimAll "-" -}}
{{- end }}

{{- /*
Of what lies in the cluster, or in namespaces of others: no other release has it, wherever that is installed. Neither part
has a colon.
*/ -}}
{{- define "ecr-courier.widename" -}}
{{- printf "%s:%s" .Release.Namespace (include "ecr-courier.fullname" .) -}}
{{- end }}

{{- define "ecr-courier.selector" -}}
app.kubernetes.io/name: {{ include "ecr-courier.name" . | toYaml }}
app.kubernetes.io/instance: {{ .Release.Name | toYaml }}
{{- end }}

{{- define "ecr-courier.labels" -}}
{{ include "ecr-courier.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{- define "ecr-courier.serviceAccount" -}}
{{- $own := ternary (include "ecr-courier.fullname" .) "default" .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default $own -}}
{{- end }}

{{- define "ecr-courier.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end -}}
{{- end -}}
{{- end }}

{{- /* What a literal variable of `extraEnv` says; of several the last one counts. */ -}}
{{- define "ecr-courier.variable" -}}
{{- $value := "" -}}
{{- range .root.Values.extraEnv }}{{ if eq .name $.name }}{{ $value = .value | default "" }}{{ end }}{{ end -}}
{{- $value -}}
{{- end }}

{{- /*
What `extraEnv` says of options, as YAML. Of a variable with valueFrom nobody knows what it says: "true" speaks against
nothing. An empty one says nothing. root, env: the variable of each option.
*/ -}}
{{- define "ecr-courier.said" -}}
{{- $said := dict -}}
{{- range $option, $name := .env -}}
{{- range $.root.Values.extraEnv -}}
{{- $value := ternary "true" (.value | default "" | toString) (hasKey . "valueFrom") -}}
{{- if and (eq .name $name) $value }}{{ $_ := set $said $option $value }}{{ end -}}
{{- end -}}
{{- end -}}
{{- toYaml $said -}}
{{- end }}

{{- /* Where the courier listens, if somebody says it; else it is 0.0.0.0:8080, as the image says. */ -}}
{{- define "ecr-courier.listen" -}}
{{- $server := (.Values.config | default dict).server | default dict -}}
{{- include "ecr-courier.variable" (dict "root" . "name" "ECR_COURIER_LISTEN") | default $server.listen | default "" -}}
{{- end }}

{{- /* On which port the courier listens. */ -}}
{{- define "ecr-courier.port" -}}
{{- $server := (.Values.config | default dict).server | default dict -}}
{{- $ofListen := regexFind "[0-9]+$" (include "ecr-courier.listen" .) -}}
{{- include "ecr-courier.variable" (dict "root" . "name" "LISTEN_PORT") | default $server.port | default $ofListen | default 8080 | int -}}
{{- end }}

{{- /* The variables of the chart, as YAML: pairs of name and value. */ -}}
{{- define "ecr-courier.ownEnv" -}}
{{- $env := list (list "ECR_COURIER_CONFIG" "/etc/ecr-courier/courier.yaml") -}}
{{- if .Values.existingConfigMap }}{{ $env = append $env (list "LISTEN_PORT" (include "ecr-courier.port" .)) }}{{ end -}}
{{- /* The image has this variable, which wins over the configuration. */ -}}
{{- with include "ecr-courier.listen" . }}{{ $env = append $env (list "ECR_COURIER_LISTEN" .) }}{{ end -}}
{{- if gt (int .Values.replicas) 1 }}{{ $env = append $env (list "ECR_COURIER_LEASE" (include "ecr-courier.lease" . | fromYaml).name) }}{{ end -}}
{{- with .Values.aws.region }}{{ $env = append $env (list "AWS_REGION" .) }}{{ end -}}
{{- if .Values.aws.existingSecret -}}
{{- range list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" }}{{ $env = append $env (list (printf "%s_FILE" .) (printf "/run/ecr-courier/aws/%s" .)) }}{{ end -}}
{{- end -}}
{{- if .Values.admin.existingSecret }}{{ $env = append $env (list "ECR_COURIER_ADMIN_TOKEN_FILE" "/run/ecr-courier/admin/token") }}{{ end -}}
{{- toYaml $env -}}
{{- end }}

{{- /* Those of which `extraEnv` says nothing else: none may be there twice. */ -}}
{{- define "ecr-courier.env" -}}
{{- $given := list -}}
{{- range .Values.extraEnv }}{{ $given = append $given .name }}{{ end -}}
{{- range include "ecr-courier.ownEnv" . | fromYamlArray }}
{{- if not (has (first .) $given) }}
- name: {{ first . }}
  value: {{ last . | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "ecr-courier.subject" -}}
- kind: ServiceAccount
  name: {{ include "ecr-courier.serviceAccount" . | toYaml }}
  namespace: {{ .Release.Namespace | toYaml }}
{{- end }}
