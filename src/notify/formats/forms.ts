import type { ReceiverFormat } from '../../contract/receiver.ts';
import { discord } from './discord.ts';
import type { Form } from './form.ts';
import { gotify } from './gotify.ts';
import { ntfy } from './ntfy.ts';
import { slack } from './slack.ts';
import { teams } from './teams.ts';
import { webhook } from './webhook.ts';

export const forms: Readonly<Record<ReceiverFormat, Form>> = { webhook, slack, discord, teams, ntfy, gotify };
