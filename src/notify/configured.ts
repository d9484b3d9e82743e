import { type AddressRef, type HeartbeatConfig, nameOfHeartbeat, type ReceiverConfig, readAddress } from '../../config/receivers.ts';
import type { ReceiverFormat } from '../contract/receiver.ts';
import type { NotifyConfig } from './notifier.ts';
import type { ReceiverConfigured } from './receiver.ts';

/** The parts of a configuration that concern messages. */
interface Config {
  readonly notify: readonly ReceiverConfig[];
  readonly heartbeat: HeartbeatConfig | undefined;
  readonly server: { readonly publicUrl?: string | undefined };
}

/** The receivers and the heartbeat. Their addresses are read again before each use. */
export function notifyConfig({ notify, heartbeat, server: { publicUrl } }: Config): NotifyConfig {
  return { publicUrl, receivers: notify.map(receiverOf), heartbeat: heartbeat && heartbeatOf(heartbeat) };
}

function receiverOf({ name, format, url, caFile }: ReceiverConfig): ReceiverConfigured {
  return { name, format, caFile, caFileNamed: `notify.${name}.caFile`, ...opened(url, name, format) };
}

function heartbeatOf({ url, format, everySeconds, caFile }: HeartbeatConfig): NotifyConfig['heartbeat'] {
  return { name: nameOfHeartbeat, format, everySeconds, caFile, caFileNamed: 'heartbeat.caFile', ...opened(url, 'the heartbeat') };
}

const opened = (url: AddressRef, name: string, format?: ReceiverFormat) => ({
  host: 'address' in url ? url.address.host : undefined,
  open: () => readAddress(url, name, format),
});
