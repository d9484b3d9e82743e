{{- /*
All that a target needs, as the courier itself says it (docs/rbac.md), and what `rbac` adds. scope: cluster or namespace.
A test compares both.
*/ -}}
{{- define "ecr-courier.rules" -}}
{{- $target := .target -}}
{{- if eq .scope "cluster" -}}
- apiGroups: [""]
  resources: [namespaces]
  verbs: [list, watch]
{{ end -}}
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [{{ $target.secret | default "ecr-courier" | quote }}]
  verbs: [list, watch, create, patch{{ if or $target.replace .rbac.prune }}, delete{{ end }}]
{{- with $target.serviceAccounts }}
- apiGroups: [""]
  resources: [serviceaccounts]
  {{- if and (le (len .) 4) (not (regexMatch "[*?]" (join "" .))) }}
  resourceNames: {{ toJson . }}
  {{- end }}
  verbs: [list, watch, patch]
{{- end }}
{{- if $target.onlyWithImages }}
- apiGroups: [""]
  resources: [pods]
  verbs: [list, watch]
{{- else if and .rbac.countPods (eq .scope "cluster") }}
- apiGroups: [""]
  resources: [pods]
  verbs: [list]
{{- end }}
{{- end }}
