{{- /* What the schema of the values cannot see: ends the rendering with a sentence. */ -}}
{{- define "ecr-courier.mistakes" -}}
{{- include "ecr-courier.unread" . -}}
{{- include "ecr-courier.unknownShare" . -}}
{{- if and .Values.rbac.create (eq .Values.rbac.mode "namespaces") -}}
{{- range include "ecr-courier.here" . | fromYamlArray }}{{ include "ecr-courier.unnamed" . }}{{ end -}}
{{- end -}}
{{- end }}

{{- /* Values that nobody would read. */ -}}
{{- define "ecr-courier.unread" -}}
{{- with .Values.existingConfigMap -}}
{{- if $.Values.config -}}
{{- fail (printf "existingConfigMap has the whole configuration, so config.%s would not be read: write it into courier.yaml of the ConfigMap %s, or take existingConfigMap out" (keys $.Values.config | sortAlpha | first) .) -}}
{{- end -}}
{{- $rules := list "url" "kubeconfig" "secret" "namespaces" "optIn" "namespaceSelector" "onlyWithImages" "serviceAccounts" "replace" -}}
{{- $defaults := dict "name" "kubernetes" "excludeNamespaces" (list "kube-*") -}}
{{- range $option, $value := $.Values.target -}}
{{- if and $value (not (has $option $rules)) (not (deepEqual $value (get $defaults $option))) -}}
{{- fail (printf "existingConfigMap has the whole configuration, so target.%s would not be read: write it into courier.yaml of the ConfigMap. Of target, only what the rules of rbac follow counts beside it: %s" $option (join ", " $rules)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .Values.serviceAccount.annotations (not .Values.serviceAccount.create) -}}
{{- fail "serviceAccount.annotations are for the ServiceAccount that the chart makes, and serviceAccount.create is false: annotate the one that is there, or let the chart make it" -}}
{{- end -}}
{{- end }}

{{- /* The Lease of a share is called after it, and the rule for it names it. */ -}}
{{- define "ecr-courier.unknownShare" -}}
{{- if (include "ecr-courier.lease" . | fromYaml).here -}}
{{- range .Values.extraEnv -}}
{{- if and (has .name (list "ECR_COURIER_SHARD" "ECR_COURIER_LEASE")) .valueFrom -}}
{{- fail (printf "extraEnv has %s by valueFrom, so the chart cannot know for which Lease the pod needs a right: give it a value, or take the Lease out (replicas above 1, config.lease)" .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- /* A target that cannot be served with Roles in namespaces alone. */ -}}
{{- define "ecr-courier.unnamed" -}}
{{- if .chooses -}}
{{- fail (printf "rbac.mode namespaces knows no %s.optIn and no %s.namespaceSelector: both need the list of all namespaces" .path .path) -}}
{{- end -}}
{{- if not .namespaces -}}
{{- fail (printf "rbac.mode namespaces needs %s.namespaces: the names of the namespaces" .path) -}}
{{- end -}}
{{- $path := .path -}}
{{- range .namespaces -}}
{{- if or (contains "*" .) (contains "?" .) (hasPrefix "!" .) -}}
{{- fail (printf "%s.namespaces has the pattern %s: with rbac.mode namespaces, each is a plain name" $path .) -}}
{{- end -}}
{{- end -}}
{{- end }}
