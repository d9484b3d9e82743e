{{- /* All targets, each with its place among the values: path and map, as YAML. This cluster comes first. */ -}}
{{- define "ecr-courier.targets" -}}
{{- $targets := include "ecr-courier.entries" (dict "path" "config.targets" "list" (.Values.config | default dict).targets) | fromYamlArray -}}
{{- if not (kindIs "invalid" .Values.target) -}}
{{- $targets = prepend $targets (dict "path" "target" "map" (merge (dict "kind" "kubernetes") .Values.target)) -}}
{{- end -}}
{{- toYaml $targets -}}
{{- end }}

{{- /* The configuration of the courier, as YAML. */ -}}
{{- define "ecr-courier.config" -}}
{{- $config := deepCopy (.Values.config | default dict) -}}
{{- $targets := list -}}
{{- range include "ecr-courier.targets" . | fromYamlArray }}{{ $targets = append $targets .map }}{{ end -}}
{{- toYaml (set $config "targets" $targets) -}}
{{- end }}

{{- /* Whether an option is on, as the courier reads it: a text as well. Else empty. */ -}}
{{- define "ecr-courier.on" -}}
{{- if has (. | toString | lower) (list "true" "yes" "on" "1") -}}yes{{- end -}}
{{- end }}

{{- /* A list, as the courier reads it: a text as well, with commas in between. As YAML. */ -}}
{{- define "ecr-courier.list" -}}
{{- if kindIs "string" . -}}
{{- $entries := list -}}
{{- range splitList "," . }}{{ $entries = append $entries (trim .) }}{{ end -}}
{{- toYaml (compact $entries) -}}
{{- else -}}
{{- toYaml (default list .) -}}
{{- end -}}
{{- end }}

{{- /*
The targets that are this cluster, to which the pod logs in with its own ServiceAccount: what rules need of each, and where
it stands among the values. As YAML.
*/ -}}
{{- define "ecr-courier.here" -}}
{{- $here := list -}}
{{- range include "ecr-courier.targets" . | fromYamlArray -}}
{{- $path := .path -}}
{{- with .map -}}
{{- if and (eq .kind "kubernetes") (not (or .url .kubeconfig)) -}}
{{- $here = append $here (dict
  "path" $path
  "secret" (.secret | default "ecr-courier")
  "replace" (include "ecr-courier.on" .replace)
  "creates" (ternary "yes" (include "ecr-courier.on" .create) (kindIs "invalid" .create))
  "onlyWithImages" (include "ecr-courier.on" .onlyWithImages)
  "events" (include "ecr-courier.on" .events)
  "restartStuckPods" (include "ecr-courier.on" .restartStuckPods)
  "serviceAccounts" (include "ecr-courier.list" .serviceAccounts | fromYamlArray)
  "namespaces" (include "ecr-courier.list" .namespaces | fromYamlArray | uniq)
  "chooses" (or (include "ecr-courier.on" .optIn) .namespaceSelector)
) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $here -}}
{{- end }}

{{- /*
The targets of Argo CD in this cluster: its namespace, the Secrets that they are limited to, and those that they make, which
are named after the registries. isOpen: one of these is not known here. As YAML.
*/ -}}
{{- define "ecr-courier.argocd" -}}
{{- $here := list -}}
{{- range include "ecr-courier.targets" . | fromYamlArray -}}
{{- with .map -}}
{{- if and (eq .kind "argocd") (not (or .url .kubeconfig)) -}}
{{- $templates := .templates | default "both" -}}
{{- $own := list -}}
{{- $isOpen := "" -}}
{{- range include "ecr-courier.list" .registries | fromYamlArray -}}
{{- $host := regexReplaceAll "(^[a-zA-Z][a-zA-Z0-9+.-]*://|[/?#].*$)" (trim .) "" -}}
{{- $host = regexReplaceAll "\\.?(:[0-9]+)?$" $host "" | lower -}}
{{- if eq $host "own" }}{{ $isOpen = "yes" }}{{ end -}}
{{- range eq $templates "both" | ternary (list "helm" "oci") (list $templates) -}}
{{- $own = append $own (printf "ecr-courier-%s-%s" . $host) -}}
{{- end -}}
{{- end -}}
{{- $secrets := include "ecr-courier.list" .secrets | fromYamlArray -}}
{{- $here = append $here (dict
  "namespace" (.namespace | default "argocd")
  "names" (ternary (concat $secrets $own | uniq) list (and (gt (len $secrets) 0) (not $isOpen)))
  "own" ($own | uniq)
  "creates" (include "ecr-courier.on" .create)
  "isOpen" $isOpen
) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $here -}}
{{- end }}

{{- /* The share of all its pods; empty where they have none. */ -}}
{{- define "ecr-courier.shard" -}}
{{- $engine := (.Values.config | default dict).engine | default dict -}}
{{- include "ecr-courier.variable" (dict "root" . "name" "ECR_COURIER_SHARD") | default $engine.shard | default "" -}}
{{- end }}

{{- /*
The Lease of which the courier is told, as YAML: empty where there is none. held: the one that it holds, as each share has
one of its own. here: it lies in this cluster, and the pod needs a right.
*/ -}}
{{- define "ecr-courier.lease" -}}
{{- $config := .Values.config | default dict -}}
{{- $lease := $config.lease | default dict -}}
{{- $own := ternary (include "ecr-courier.fullname" .) "" (gt (int .Values.replicas) 1) -}}
{{- $name := include "ecr-courier.variable" (dict "root" . "name" "ECR_COURIER_LEASE") | default $lease.name | default $own -}}
{{- $elsewhere := include "ecr-courier.variable" (dict "root" . "name" "ECR_COURIER_LEASE_KUBECONFIG") | default $lease.kubeconfig -}}
{{- $namespace := include "ecr-courier.variable" (dict "root" . "name" "ECR_COURIER_LEASE_NAMESPACE") | default $lease.namespace -}}
{{- $shard := include "ecr-courier.shard" . | default "0/1" -}}
{{- if $name -}}
{{- $of := regexReplaceAll "^.*/0*" $shard "" -}}
{{- $at := regexReplaceAll "^0+([0-9])" (regexReplaceAll "/.*$" $shard "") "${1}" -}}
name: {{ $name | toYaml }}
namespace: {{ $namespace | default .Release.Namespace | toYaml }}
here: {{ not $elsewhere }}
held: {{ ternary $name (printf "%s-%s-of-%s" $name $at $of) (eq $of "1") | toYaml }}
{{- end -}}
{{- end }}
