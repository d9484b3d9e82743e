import { row, type Situation } from '../situation.ts';

/** Failures of systemd before it starts the program (systemd.exec(5), "Process exit codes"). */
export const units: readonly Situation[] = [
  row({
    id: 'systemd-credentials',
    title: 'systemd does not start the unit (243/CREDENTIALS)',
    symptoms: [
      ['systemd', 'ecr-courier.service: Failed to set up credentials: No such file or directory'],
      ['systemd', 'ecr-courier.service: Main process exited, code=exited, status=243/CREDENTIALS'],
      ['systemd', 'ecr-courier.service: Failed at step CREDENTIALS spawning /usr/local/bin/node: No such file or directory'],
    ],
    when: ({ find }) => find(/243\/CREDENTIALS|Failed at step CREDENTIALS|Failed to set up credentials/),
    tell: () => ({
      sentence:
        'The unit gets a file from systemd (LoadCredential), and that file is not there or cannot be read. So the program was not started.',
      side: 'the unit (LoadCredential, or its drop-in), and the file on this machine',
      remedy:
        'Make the file that LoadCredential names, for instance /etc/ecr-courier/portainer-api-key, or correct the path (`systemctl cat UNIT`), and start the unit again.',
      paste: [{ what: 'What the unit loads', kind: 'command', text: 'systemctl cat ecr-courier | grep -i credential' }],
    }),
  }),
  row({
    id: 'systemd-exec',
    title: 'systemd does not find Node (203/EXEC)',
    symptoms: [
      ['systemd', 'ecr-courier.service: Main process exited, code=exited, status=203/EXEC'],
      ['systemd', 'ecr-courier.service: Failed at step EXEC spawning node: No such file or directory'],
      ['systemd', 'ecr-courier.service: Failed to locate executable node: No such file or directory'],
      ['systemd 254 and later', "ecr-courier.service: Unable to locate executable 'node': No such file or directory"],
    ],
    when: ({ find }) => find(/ecr-courier.{0,80}(203\/EXEC|Failed at step EXEC|(Failed|Unable) to locate executable)/),
    tell: () => ({
      sentence:
        'The unit could not start, as systemd found no program with the name in ExecStart. The unit of the npm package starts `node`.',
      side: 'Node on this machine: one of nvm, or below a home, is not found by systemd',
      remedy:
        'Install Node 24.12 or later as /usr/local/bin/node or /usr/bin/node, from nodejs.org or NodeSource, and start the unit again. The package for Debian brings its own.',
      paste: [{ what: 'What the unit would start', kind: 'command', text: 'ls -l /usr/local/bin/node /usr/bin/node' }],
    }),
  }),
  row({
    id: 'systemd-namespace',
    title: 'systemd cannot isolate the unit (226/NAMESPACE)',
    symptoms: [
      ['systemd', 'ecr-courier.service: Main process exited, code=exited, status=226/NAMESPACE'],
      ['systemd', 'ecr-courier.service: Failed to set up mount namespacing: Permission denied'],
      ['systemd', 'ecr-courier.service: Failed at step NAMESPACE spawning /usr/local/bin/node: Permission denied'],
    ],
    when: ({ find }) => find(/ecr-courier.{0,80}(226\/NAMESPACE|Failed at step NAMESPACE|Failed to set up mount namespacing)/),
    tell: () => ({
      sentence:
        'The unit asks for a view of the file system of its own, and the kernel does not give it one. That is so in containers (LXC, Docker) that may not nest.',
      side: 'the container or virtual machine in which systemd runs',
      remedy:
        'Allow nesting for that container (`nesting=1` in Proxmox, `security.nesting=true` in LXD and Incus), or run the courier as a container beside it.',
      paste: [{ what: 'What kind of machine it is', kind: 'command', text: 'systemd-detect-virt' }],
    }),
  }),
];
