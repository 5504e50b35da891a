{{/* Labels of every object. */}}
{{- define "faultcast.labels" -}}
app.kubernetes.io/name: faultcast
app.kubernetes.io/instance: {{ .Values.name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: faultcast
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* What tells the gateway's pods from all others. */}}
{{- define "faultcast.gatewaySelector" -}}
app.kubernetes.io/instance: {{ .Values.name }}
app.kubernetes.io/component: gateway
{{- end }}

{{/* Full image reference. Call with (dict "root" $ "role" "serving" "tag" "optional"). A digest wins over a tag, an explicit tag over both. */}}
{{- define "faultcast.image" -}}
{{- $image := index .root.Values.images .role -}}
{{- if .tag -}}
{{ $image.repository }}:{{ .tag }}
{{- else if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* What Pod Security "restricted" asks of every container. */}}
{{- define "faultcast.containerSecurity" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
readOnlyRootFilesystem: true
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* One HTTP probe. Call with (dict "path" "/…" "probe" .Values.probes.x). */}}
{{- define "faultcast.probe" -}}
httpGet:
  path: {{ .path }}
  port: 8080
periodSeconds: {{ .probe.periodSeconds }}
failureThreshold: {{ .probe.failureThreshold }}
timeoutSeconds: {{ .probe.timeoutSeconds }}
{{- end }}

{{/* Rules that a schema cannot say, with the reason. */}}
{{- define "faultcast.check" -}}
{{- if ne (toString .Values.canary.canaryTrafficPercent) "" }}
{{- fail "canary.canaryTrafficPercent is set, but this chart deploys in KServe's Standard mode, which silently ignores it: the new model would take all the traffic. Use canary.weight (percent of requests, 1 to 99) and canary.storageUri." }}
{{- end }}
{{- if gt (int .Values.canary.weight) 0 }}
{{- if not .Values.canary.storageUri }}
{{- fail (printf "canary.weight is %d but canary.storageUri is empty: say which model the canary serves, e.g. pvc://faultcast-models/challenger" (int .Values.canary.weight)) }}
{{- end }}
{{- if not .Values.route.enabled }}
{{- fail (printf "canary.weight is %d but route.enabled is false: without the HTTPRoute nothing splits the traffic. Set route.enabled=true or canary.weight=0." (int .Values.canary.weight)) }}
{{- end }}
{{- end }}
{{- if and (or .Values.history.pastFile .Values.history.storeFolder) (not .Values.history.claimName) }}
{{- fail "history.pastFile or history.storeFolder is set but history.claimName is empty: name the PersistentVolumeClaim that holds them" }}
{{- end }}
{{- if and .Values.gateway.enabled (not (or (hasKey .Values.gateway.settings "FAULTCAST_OIDC_ISSUER") (hasKey .Values.gateway.settings "FAULTCAST_AUTH"))) }}
{{- fail "gateway.enabled is true, but nothing says who may ask: set gateway.settings.FAULTCAST_OIDC_ISSUER (and FAULTCAST_OIDC_AUDIENCE), or FAULTCAST_AUTH=required for API keys alone" }}
{{- end }}
{{- if and .Values.gateway.enabled (gt (int .Values.gateway.autoscaling.maxReplicas) 1) (not (hasKey .Values.gateway.settings "FAULTCAST_PREDICTION_LOG")) }}
{{- fail (printf "gateway.autoscaling.maxReplicas is %d, but gateway.settings.FAULTCAST_PREDICTION_LOG is not set: replicas need one PostgreSQL for predictions and feedback, e.g. postgresql://faultcast@postgres/faultcast" (int .Values.gateway.autoscaling.maxReplicas)) }}
{{- end }}
{{- if and .Values.gateway.enabled (gt (int .Values.canary.weight) 0) (or .Values.gateway.only (not .Values.gateway.predictorUrl)) }}
{{- fail (printf "canary.weight is %d, but the gateway would ask the champion alone: set gateway.only=false and gateway.predictorUrl to a host of the route, which splits the requests" (int .Values.canary.weight)) }}
{{- end }}
{{- range $role := list "champion" "canary" "gateway" }}
{{- $scale := (index $.Values $role).autoscaling }}
{{- if lt (int $scale.maxReplicas) (int $scale.minReplicas) }}
{{- fail (printf "%s.autoscaling.maxReplicas is %d, below minReplicas %d" $role (int $scale.maxReplicas) (int $scale.minReplicas)) }}
{{- end }}
{{- end }}
{{- end }}

{{/* One egress rule: HTTPS to the allowed address ranges. Call with .Values.networkPolicy. */}}
{{- define "faultcast.https" -}}
- to:
    {{- range $cidr := .httpsCidrs }}
    - ipBlock:
        cidr: {{ $cidr }}
        {{- if and (eq $cidr "0.0.0.0/0") $.exceptCidrs }}
        except:
          {{- toYaml $.exceptCidrs | nindent 10 }}
        {{- end }}
    {{- end }}
  ports:
    - {port: 443, protocol: TCP}
{{- end }}

{{/* One egress rule: further ports in any namespace. Call with .Values.networkPolicy. */}}
{{- define "faultcast.pipelinePorts" -}}
{{- with .pipelinePorts -}}
- to:
    - namespaceSelector: {}
  ports:
    {{- range . }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
{{- end }}
{{- end }}
