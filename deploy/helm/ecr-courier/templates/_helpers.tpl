{{- define "ecr-courier.name" -}}
{{- .Values.nameOverride | default "ecr-courier" | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "ecr-courier.fullname" -}}
{{- $name := include "ecr-courier.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- .Values.fullnameOverride | default $full | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "ecr-courier.selector" -}}
app.kubernetes.io/name: {{ include "ecr-courier.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
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

{{- /* The configuration of the courier, as YAML: this cluster first. */ -}}
{{- define "ecr-courier.config" -}}
{{- $config := deepCopy (.Values.config | default dict) -}}
{{- $targets := $config.targets | default list -}}
{{- with .Values.target -}}
{{- $targets = prepend $targets (merge (dict "kind" "kubernetes") .) -}}
{{- end -}}
{{- toYaml (set $config "targets" $targets) -}}
{{- end }}

{{- /* Whether the target is this cluster, to which the pod logs in with its own ServiceAccount; else empty. */ -}}
{{- define "ecr-courier.here" -}}
{{- with .Values.target -}}{{- if not (or .url .kubeconfig) -}}yes{{- end -}}{{- end -}}
{{- end }}

{{- define "ecr-courier.subject" -}}
- kind: ServiceAccount
  name: {{ include "ecr-courier.serviceAccount" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}
