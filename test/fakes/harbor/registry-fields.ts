import type { Column } from './query.ts';
import type { Row } from './state.ts';

/** The members of request bodies about a registry. */
export const shapes = {
  create: {
    id: 'int64',
    name: 'string',
    type: 'string',
    url: 'string',
    insecure: 'bool',
    description: 'string',
    ca_certificate: 'string',
    status: 'string',
    credential: { model: 'RegistryCredential', fields: { type: 'string', access_key: 'string', access_secret: 'string' } },
  },
  update: {
    name: 'string',
    description: 'string',
    url: 'string',
    credential_type: 'string',
    access_key: 'string',
    access_secret: 'string',
    insecure: 'bool',
    ca_certificate: 'string',
  },
  ping: {
    id: 'int64',
    type: 'string',
    url: 'string',
    credential_type: 'string',
    access_key: 'string',
    access_secret: 'string',
    insecure: 'bool',
    ca_certificate: 'string',
  },
} as const;

const columnOf = (field: string, type: Column<Row>['type'], of: Column<Row>['of'], column = field.toLowerCase()): Column<Row> => ({
  field,
  column,
  type,
  of,
});
/** The columns of a registry for `q` and `sort`. */
export const columns: readonly Column<Row>[] = [
  columnOf('ID', 'int', row => row.id),
  columnOf('URL', 'text', row => row.url),
  columnOf('Name', 'text', row => row.name),
  columnOf('CredentialType', 'text', row => row.credential?.type ?? '', 'credential_type'),
  { ...columnOf('AccessKey', 'text', row => row.credential?.access_key ?? '', 'access_key'), secret: true },
  { ...columnOf('AccessSecret', 'text', row => row.credential?.access_secret ?? '', 'access_secret'), secret: true },
  columnOf('Type', 'text', row => row.type),
  columnOf('Insecure', 'bool', row => row.insecure),
  { ...columnOf('CACertificate', 'text', row => row.ca_certificate, 'ca_certificate'), secret: true },
  columnOf('Description', 'text', row => row.description),
  columnOf('Status', 'text', row => row.status, 'health'),
  columnOf('CreationTime', 'time', row => row.creation_time, 'creation_time'),
  columnOf('UpdateTime', 'time', row => row.update_time, 'update_time'),
];
