/** Findings about the services of a Swarm. */
export const findings = {
  NOT_ENABLED: {
    severity: 'info',
    doc: 'Services with ECR images lack the label `ecr-courier.enable=true`, so they keep the login of their last deployment. Once it has ended, a node without the image cannot start their tasks.',
    remedy:
      'Label those that should be served: under `deploy.labels` in the stack file, or `docker service update --label-add ecr-courier.enable=true NAME`. That command sorts mounts, and restarts tasks where they were in another order. Or set `services: all`. A label with the value `false` ends this finding.',
  },
  LABEL_MISPLACED: {
    severity: 'warning',
    doc: 'The label `ecr-courier.enable` stands at the containers of a service, where Swarm does not look for labels of services. The service is not served.',
    remedy:
      'Move it from `labels` to `deploy.labels` in the stack file, or `docker service update --label-add ecr-courier.enable=true NAME`.',
  },
  LABEL_UNCLEAR: {
    severity: 'warning',
    doc: 'The label `ecr-courier.enable` of a service is neither `true` nor `false`, so the service is left alone.',
    remedy: 'Set it to `true` or `false`.',
  },
  IMAGE_ELSEWHERE: {
    severity: 'info',
    doc: 'A service has the label `ecr-courier.enable=true`, and its image lies in no ECR registry. It gets no login: an ECR token would take the place of the login that it has, and would be shown to that registry.',
    remedy: 'Take the label away, or correct the image.',
  },
  JOB: {
    severity: 'info',
    doc: 'The service is a job (`replicated-job` or `global-job`). Every update makes Swarm run a job again, so it is never touched.',
    remedy: 'Deploy it with a fresh login each time it runs: `docker stack deploy --with-registry-auth`.',
  },
  ENDED: {
    severity: 'info',
    doc: 'A task of the service has run to its end, and Swarm does not start it again (restart condition `none` or `on-failure`, or all of its `max_attempts` used up). Any update would run it once more, so the service is left alone until it runs again.',
    remedy:
      'If the task may run once more: `docker service update --with-registry-auth NAME` starts it with a fresh login. Tasks that run go on, but where that command puts the mounts of the service into another order (it sorts them by source); `--force` would replace all. Else leave it alone, and label it `ecr-courier.enable=false`.',
  },
  ROLLING: {
    severity: 'info',
    doc: 'A service is being rolled out or back. Its login is refreshed when that has ended.',
    remedy: 'Nothing, unless it lasts.',
  },
  ROLLOUT_PAUSED: {
    severity: 'warning',
    doc: 'The roll-out or rollback of a service is paused, as it failed. An update of the login would let it go on, so the service is left alone: its login ends within twelve hours.',
    remedy: 'End the roll-out: deploy a good version, or roll it back.',
  },
  LOGIN_ENDING: {
    severity: 'warning',
    doc: 'A service must be left alone (`ROLLING`, `ROLLOUT_PAUSED`, `ENDED`), and the login that it holds ends soon, or may have ended.',
    remedy: 'Let the courier come to the service before that: end its roll-out. Or deploy it with a fresh login (`--with-registry-auth`).',
  },
  LOGIN_ENDED: {
    severity: 'error',
    doc: 'A service must be left alone (`ROLLING`, `ROLLOUT_PAUSED`, `ENDED`), and the login that it holds has ended. A task that starts on a node without the image fails from then on, and one that finds an older image of the same name may start that.',
    remedy: 'End the roll-out of the service, or deploy it with a fresh login (`--with-registry-auth`).',
  },
  TASKS_FAIL: {
    severity: 'warning',
    doc: 'An update of the login let Swarm start tasks once more that had failed before. They failed again, and not for the login, so Swarm counts the update as a paused roll-out or rollback. The service goes on getting its logins.',
    remedy: 'Mend what keeps the tasks from running: `docker service ps --no-trunc NAME`. Then deploy the service anew.',
  },
  EXPIRED_WHILE_HELD: {
    severity: 'warning',
    // The survey repeats it.
    until: 'next report',
    doc: 'The login of a service ended before another one came. A task that started meanwhile may run an older image of the same name that was on its node, and Swarm counts that as success. The finding ends after a day, or with a new deployment.',
    remedy:
      'If the service was deployed, or tasks of it moved, in that time: pull the image anew with `docker service update --force NAME`. It replaces the tasks. Images that are named with their digest cannot be mixed up so.',
  },
  ROLLBACK_POINT: {
    severity: 'info',
    doc: 'Each update of a login is an update of the service for Swarm. `docker service rollback`, and `FailureAction: rollback`, return to what was there before the last update: the same version with the login before.',
    remedy: 'To return to an earlier version, deploy that: `docker stack deploy` of its stack file, or `docker service update --image`.',
  },
} as const;

export type Code = keyof typeof findings;
