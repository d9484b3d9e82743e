ecr-courier:
  image: ${image}
  environment:
    AWS_ACCESS_KEY_ID: ${aws_access_key_id}
    AWS_SECRET_ACCESS_KEY: ${aws_secret_access_key}
    AWS_REGION: ${aws_region}
    AWS_ECR_REGISTRY_IDS: ${aws_ecr_registry_ids}
    AWS_ROLE_ARN: ${aws_role_arn}
    AUTO_CREATE: ${auto_create}
    LOG_LEVEL: ${log_level}
    # The health check comes from another container.
    ECR_COURIER_LISTEN: 0.0.0.0:8080
{{- if eq .Values.registry_in_which_environment "other" }}
    CATTLE_URL: ${environment_api_endpoint}
    CATTLE_ACCESS_KEY: ${environment_api_access_key}
    CATTLE_SECRET_KEY: ${environment_api_secret_key}
{{- end }}
  labels:
    io.rancher.container.pull_image: always
{{- if ne .Values.registry_in_which_environment "other" }}
    # Rancher makes a key of this environment and hands it in as CATTLE_URL, CATTLE_ACCESS_KEY and CATTLE_SECRET_KEY.
    io.rancher.container.create_agent: 'true'
    io.rancher.container.agent.role: environment
{{- end }}
