{{/*
One InferenceService in Standard mode.
Call with (dict "root" $ "name" "faultcast" "role" "champion" "side" .Values.champion).
*/}}
{{- define "faultcast.inferenceservice" -}}
{{- $values := .root.Values -}}
{{- $claim := hasPrefix "pvc://" .side.storageUri -}}
{{- $path := trimPrefix "pvc://" .side.storageUri -}}
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "faultcast.labels" .root | nindent 4 }}
    app.kubernetes.io/component: predictor
    faultcast.dev/role: {{ .role }}
    # Our HTTPRoute is the only way in from outside: KServe must not publish a second one.
    networking.kserve.io/visibility: cluster-local
  annotations:
    serving.kserve.io/deploymentMode: Standard
    serving.kserve.io/autoscalerClass: hpa
spec:
  predictor:
    minReplicas: {{ .side.autoscaling.minReplicas }}
    maxReplicas: {{ .side.autoscaling.maxReplicas }}
    {{- if eq (int .side.autoscaling.memoryUtilization) 0 }}
    scaleMetric: cpu
    scaleTarget: {{ .side.autoscaling.cpuUtilization }}
    {{- else }}
    # With metrics listed here KServe ignores scaleMetric and scaleTarget.
    autoScaling:
      metrics:
        - type: Resource
          resource:
            name: cpu
            target:
              type: Utilization
              averageUtilization: {{ .side.autoscaling.cpuUtilization }}
        - type: Resource
          resource:
            name: memory
            target:
              type: Utilization
              averageUtilization: {{ .side.autoscaling.memoryUtilization }}
    {{- end }}
    timeout: {{ $values.predictor.timeoutSeconds }}
    serviceAccountName: {{ $values.name }}-predictor
    automountServiceAccountToken: false
    # A Service called faultcast would inject FAULTCAST_PORT=tcp://…, which is a setting's name.
    enableServiceLinks: false
    terminationGracePeriodSeconds: {{ $values.predictor.terminationGracePeriodSeconds }}
    securityContext:
      runAsNonRoot: true
      runAsUser: {{ $values.predictor.runAsUser }}
      runAsGroup: {{ $values.predictor.runAsUser }}
      fsGroup: {{ $values.predictor.runAsUser }}
      seccompProfile:
        type: RuntimeDefault
    {{- with $values.images.pullSecrets }}
    imagePullSecrets:
      {{- range . }}
      - name: {{ . }}
      {{- end }}
    {{- end }}
    {{- with $values.predictor.nodeSelector }}
    nodeSelector:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with $values.predictor.tolerations }}
    tolerations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    # Pods of one side spread over nodes where that is possible.
    topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: kubernetes.io/hostname
        whenUnsatisfiable: ScheduleAnyway
        labelSelector:
          matchLabels:
            serving.kserve.io/inferenceservice: {{ .name }}
    {{- if not $claim }}
    initContainers:
      - name: fetch-model
        image: {{ $values.storageInitializer.image }}
        imagePullPolicy: {{ $values.images.pullPolicy }}
        args: [{{ .side.storageUri | quote }}, /mnt/models]
        {{- with $values.storageInitializer.credentialsSecret }}
        envFrom:
          - secretRef:
              name: {{ . }}
        {{- end }}
        env:
          - name: HOME
            value: /tmp
        resources:
          {{- toYaml $values.storageInitializer.resources | nindent 10 }}
        securityContext:
          {{- include "faultcast.containerSecurity" .root | nindent 10 }}
        volumeMounts:
          - name: model
            mountPath: /mnt/models
          - name: tmp
            mountPath: /tmp
    {{- end }}
    containers:
      # KServe looks for the model server by this name.
      - name: kserve-container
        image: {{ include "faultcast.image" (dict "root" .root "role" "serving" "tag" .side.imageTag) }}
        imagePullPolicy: {{ $values.images.pullPolicy }}
        command: [python, -m, serving]
        args:
          - --model-dir
          - /mnt/models
          - --host
          - 0.0.0.0
          - --port
          - "8080"
          {{- with $values.history.pastFile }}
          - --past
          - /var/lib/faultcast/{{ . }}
          {{- end }}
          {{- with $values.history.storeFolder }}
          - --store
          - /var/lib/faultcast/{{ . }}
          {{- end }}
        ports:
          - name: http1
            containerPort: 8080
            protocol: TCP
        env:
          - name: FAULTCAST_HOME
            value: /tmp/faultcast
          - name: HOME
            value: /tmp
          {{- range $key, $value := $values.predictor.env }}
          - name: {{ $key }}
            value: {{ $value | quote }}
          {{- end }}
        startupProbe:
          {{- include "faultcast.probe" (dict "path" "/v2/health/ready" "probe" $values.probes.startup) | nindent 10 }}
        readinessProbe:
          {{- include "faultcast.probe" (dict "path" "/v2/health/ready" "probe" $values.probes.readiness) | nindent 10 }}
        livenessProbe:
          {{- include "faultcast.probe" (dict "path" "/v2/health/live" "probe" $values.probes.liveness) | nindent 10 }}
        resources:
          {{- toYaml $values.predictor.resources | nindent 10 }}
        securityContext:
          {{- include "faultcast.containerSecurity" .root | nindent 10 }}
        volumeMounts:
          - name: model
            mountPath: /mnt/models
            readOnly: true
            {{- if and $claim (contains "/" $path) }}
            subPath: {{ regexReplaceAll "^[^/]+/" $path "" }}
            {{- end }}
          - name: tmp
            mountPath: /tmp
          {{- if $values.history.claimName }}
          - name: history
            mountPath: /var/lib/faultcast
            readOnly: true
            {{- with $values.history.subPath }}
            subPath: {{ . }}
            {{- end }}
          {{- end }}
    volumes:
      - name: model
        {{- if $claim }}
        persistentVolumeClaim:
          claimName: {{ regexReplaceAll "/.*$" $path "" }}
          readOnly: true
        {{- else }}
        emptyDir:
          sizeLimit: {{ $values.storageInitializer.sizeLimit }}
        {{- end }}
      - name: tmp
        emptyDir:
          sizeLimit: {{ $values.predictor.tmpSizeLimit }}
      {{- with $values.history.claimName }}
      - name: history
        persistentVolumeClaim:
          claimName: {{ . }}
          readOnly: true
      {{- end }}
{{- end }}
