{{- /*
What is wrong with options: a line each, or nothing. Values are judged by the forms of files/options.json, and never
quoted: one may be a secret in the wrong place. `known`, in all of these: that file, and `hosts` with the aliases.
*/ -}}

{{- /* path, text, form, known. */ -}}
{{- define "ecr-courier.wrongText" -}}
{{- $text := .text -}}
{{- $isWrong := not (mustRegexMatch (.form.pattern | replace "<host>" .known.hosts) $text) -}}
{{- with .form.most }}{{ if gt (len $text) (int .) }}{{ $isWrong = true }}{{ end }}{{ end -}}
{{- if and .form.not (not (and .known.isAliased (contains "<host>" .form.pattern))) }}{{ if mustRegexMatch .form.not $text }}{{ $isWrong = true }}{{ end }}{{ end -}}
{{- if and .form.range (not $isWrong) -}}
{{- $number := float64 (trimPrefix "+" $text) -}}
{{- /* `default` would take a 0 for nothing. */ -}}
{{- $isBeyond := or (lt $number (dig "min" $number .form.range | float64)) (gt $number (dig "max" $number .form.range | float64)) -}}
{{- $isWrong = or $isBeyond (and .form.range.whole (ne (floor $number) $number)) -}}
{{- end -}}
{{- if $isWrong }}{{ printf "%s: must be %s\n" .path .form.words }}{{ end -}}
{{- end }}

{{- /* path, value, form, known. */ -}}
{{- define "ecr-courier.wrongValue" -}}
{{- $in := . -}}
{{- if kindIs "string" .value -}}
{{- $texts := list .value -}}
{{- if eq (toString .form.several) "commas" }}{{ $texts = include "ecr-courier.list" .value | fromYamlArray }}{{ end -}}
{{- if eq (toString .form.several) "lines" }}{{ $texts = list }}{{ range splitList "\n" .value }}{{ $texts = append $texts (trim .) }}{{ end }}{{ $texts = compact $texts }}{{ end -}}
{{- range $texts }}{{ include "ecr-courier.wrongText" (merge (dict "text" .) $in) }}{{ end -}}
{{- else if kindIs "slice" .value -}}
{{- $texts := .value -}}
{{- if eq (toString .form.judges) "first" }}{{ $texts = slice .value 0 (min 1 (len .value)) }}{{ end -}}
{{- range $at, $text := $texts -}}
{{- include "ecr-courier.wrongText" (merge (dict "text" $text "path" (printf "%s[%d]" $in.path $at)) $in) -}}
{{- end -}}
{{- else if kindIs "map" .value -}}
{{- range $name, $text := .value -}}
{{- include "ecr-courier.wrongText" (merge (dict "text" (printf "%s: %s" $name $text)) $in) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- /* Empty where an option counts as not given, as the courier reads it. */ -}}
{{- define "ecr-courier.isGiven" -}}
{{- if not (or (kindIs "invalid" .) (and (kindIs "string" .) (not .))) }}yes{{ end -}}
{{- end }}

{{- /* Whether a map has an option, or its file. map, option. */ -}}
{{- define "ecr-courier.has" -}}
{{- include "ecr-courier.isGiven" (get .map .option) }}{{ include "ecr-courier.isGiven" (get .map (printf "%sFile" .option)) -}}
{{- end }}

{{- /* What a map says where variables do not say it in its place, as YAML. map; said: what they say. */ -}}
{{- define "ecr-courier.unsaid" -}}
{{- $map := .map -}}
{{- range $option, $_ := .said }}{{ $map = omit $map $option (printf "%sFile" $option) (trimSuffix "File" $option) }}{{ end -}}
{{- toYaml $map -}}
{{- end }}

{{- /* A map with what variables say, as YAML: their word counts. map, said. */ -}}
{{- define "ecr-courier.whole" -}}
{{- merge (dict) .said (include "ecr-courier.unsaid" . | fromYaml) | toYaml -}}
{{- end }}

{{- /* path, map, section, known; said: what variables say in the place of it. */ -}}
{{- define "ecr-courier.wrongMap" -}}
{{- $in := merge (dict "said" (.said | default dict)) . -}}
{{- range $option, $value := include "ecr-courier.unsaid" $in | fromYaml -}}
{{- $path := printf "%s.%s" $in.path $option -}}
{{- $form := get $in.known.forms (get $in.section.forms $option) -}}
{{- if and (has $option $in.section.said) (or (not (include "ecr-courier.isGiven" $value)) (not $value)) -}}
{{- printf "%s: has no value, which would select another identity: give it one, or leave it out\n" $path -}}
{{- else if include "ecr-courier.isGiven" $value -}}
{{- if $form }}{{ include "ecr-courier.wrongValue" (dict "path" $path "value" $value "form" $form "known" $in.known) }}{{ end -}}
{{- if include "ecr-courier.isGiven" (get $in.map (printf "%sFile" $option)) -}}
{{- printf "%s: is given twice: here and as %sFile. Keep one\n" $path $option -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $whole := include "ecr-courier.whole" $in | fromYaml -}}
{{- range .section.needed -}}
{{- if not (include "ecr-courier.has" (dict "map" $whole "option" .)) -}}
{{- printf "%s.%s: must be set%s\n" $in.path . (ternary (printf ", or %sFile" .) "" (hasKey $in.section.forms (printf "%sFile" .))) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- /* The entries of a list, each with its place: path and map, as YAML. path, list. */ -}}
{{- define "ecr-courier.entries" -}}
{{- $path := .path -}}
{{- $entries := list -}}
{{- range $at, $map := .list }}{{ $entries = append $entries (dict "path" (printf "%s[%d]" $path $at) "map" $map) }}{{ end -}}
{{- toYaml $entries -}}
{{- end }}

{{- /*
The names of entries in their order, as YAML. One without a name has that of its kind, if nobody else has it; else it is
empty here. entries; usual: the option that is the kind.
*/ -}}
{{- define "ecr-courier.names" -}}
{{- $taken := list "" -}}
{{- range .entries }}{{ $taken = append $taken (.map.name | default "" | toString) }}{{ end -}}
{{- $names := list -}}
{{- range .entries -}}
{{- $name := .map.name | default "" | toString -}}
{{- $usual := get .map $.usual | default "" | toString -}}
{{- if not (or $name (has $usual $taken)) }}{{ $name = $usual }}{{ end -}}
{{- $taken = append $taken $name -}}
{{- $names = append $names $name -}}
{{- end -}}
{{- toYaml $names -}}
{{- end }}

{{- /* An option in which two entries are alike. entries, option. */ -}}
{{- define "ecr-courier.twice" -}}
{{- $option := .option -}}
{{- $first := dict -}}
{{- range .entries -}}
{{- $value := get .map $option | toString -}}
{{- if and (hasKey .map $option) $value -}}
{{- if hasKey $first $value }}{{ printf "%s.%s: is taken already by %s\n" .path $option (get $first $value) }}{{ else }}{{ $_ := set $first $value .path }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end }}
