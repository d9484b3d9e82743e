{{- /*
All that targets need, as the courier itself says it (docs/rbac.md), and what `rbac` adds: a rule a line. targets: as of
ecr-courier.here. scope: cluster or namespace. A test compares both.
*/ -}}
{{- define "ecr-courier.rules" -}}
{{- $rules := list -}}
{{- range .targets -}}
{{- $rules = concat $rules (include "ecr-courier.rulesOf" (dict "target" . "rbac" $.rbac "scope" $.scope) | splitList "\n") -}}
{{- end -}}
{{- $rules | compact | uniq | join "\n" -}}
{{- end }}

{{- define "ecr-courier.rulesOf" -}}
{{- with .target -}}
{{- if eq $.scope "cluster" }}
- {apiGroups: [""], resources: [namespaces], verbs: [list, watch]}
{{- end }}
- {apiGroups: [""], resources: [secrets], resourceNames: [{{ .secret | quote }}], verbs: [list, watch{{ if or .creates .replace }}, create{{ end }}, patch{{ if or .replace $.rbac.prune }}, delete{{ end }}]}
{{- $creates := .creates }}
{{- with .serviceAccounts }}
{{- $named := and (le (len .) 4) (not (regexMatch "[*?]" (join "" .))) }}
- {apiGroups: [""], resources: [serviceaccounts]{{ if $named }}, resourceNames: {{ toJson . }}{{ end }}, verbs: [list, watch{{ if $creates }}, patch{{ end }}]}
{{- end }}
{{- if or .onlyWithImages .restartStuckPods }}
- {apiGroups: [""], resources: [pods], verbs: [list{{ if .onlyWithImages }}, watch{{ end }}{{ if .restartStuckPods }}, delete{{ end }}]}
{{- else if and $.rbac.countPods (eq $.scope "cluster") }}
- {apiGroups: [""], resources: [pods], verbs: [list]}
{{- end }}
{{- if .events }}
- {apiGroups: [""], resources: [events], verbs: [create, patch]}
{{- end }}
{{- end -}}
{{- end }}

{{- /* The same for targets of Argo CD in one namespace. What is made under a name that is not known here needs a right without names. */ -}}
{{- define "ecr-courier.argocdRules" -}}
{{- $rules := list -}}
{{- range .targets -}}
{{- $rules = append $rules (printf "- {apiGroups: [\"\"], resources: [secrets]%s, verbs: [list, patch]}" (include "ecr-courier.resourceNames" .names)) -}}
{{- $named := include "ecr-courier.resourceNames" (ternary list .own (eq .isOpen "yes")) -}}
{{- if and .own .creates }}{{ $rules = append $rules (printf "- {apiGroups: [\"\"], resources: [secrets]%s, verbs: [create]}" $named) }}{{ end -}}
{{- if and .own $.rbac.prune (not .isOpen) }}{{ $rules = append $rules (printf "- {apiGroups: [\"\"], resources: [secrets]%s, verbs: [delete]}" $named) }}{{ end -}}
{{- end -}}
{{- $rules | uniq | join "\n" -}}
{{- end }}

{{- define "ecr-courier.resourceNames" -}}
{{- with . }}, resourceNames: {{ toJson . }}{{ end -}}
{{- end }}
