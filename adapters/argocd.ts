import { type Deps, defineAdapter } from '../src/contract/adapter.ts';
import { Failure } from '../src/contract/failures.ts';
import type { Discovery, Target } from '../src/contract/target.ts';
import { type Code, findings } from './argocd/findings.ts';
import { makePruner } from './argocd/prune.ts';
import { kinds, type Repository, repositoryIn, typeLabel } from './argocd/repository.ts';
import { neededRights } from './argocd/rights.ts';
import { type Ref, survey } from './argocd/survey.ts';
import { type Form, makeHopes, templatesFor } from './argocd/templates.ts';
import { makeWriter } from './argocd/write.ts';
import { inTurns } from './common/turns.ts';
import { makeAbout } from './kubernetes/about.ts';
import { makeApi } from './kubernetes/api.ts';
import { entranceOf, entranceOptions } from './kubernetes/entrance.ts';
import * as forms from './kubernetes/forms.ts';
import { list } from './kubernetes/list.ts';
import { keepPapers } from './kubernetes/papers.ts';
import { paceRefused } from './kubernetes/refused.ts';
import { lackSaid, makeRights } from './kubernetes/rights.ts';
import { pathOf } from './kubernetes/settings.ts';
import { withRights } from './kubernetes/with-rights.ts';

export const argocd = defineAdapter({
  kind: 'argocd',
  doc: 'An Argo CD: keeps the logins of its repositories in ECR fresh, which are Secrets in its namespace.',
  options: {
    ...entranceOptions,
    namespace: { doc: 'The namespace of Argo CD.', form: forms.namespaceName, format: 'string', default: 'argocd' },
    secrets: {
      doc: 'Only Secrets of these names, so that rights can be limited to them. Unless given, all repositories in ECR are kept.',
      form: forms.objectName,
      format: 'strings',
      default: [],
    },
    templates: {
      doc: 'With `create`, which credential templates are made for each host in `registries`: for Helm charts (repositories without a scheme), for OCI artifacts (oci://, from Argo CD 3.1 on), or for both.',
      format: 'choice',
      choices: ['both', 'helm', 'oci'],
      default: 'both',
    },
  },
  limits: { concurrency: 8, discoverMs: 60_000, deliverMs: 15_000, lingerMs: 60_000 },
  findings,
  create({ namespace, secrets, templates: chosen, ...entrance }, deps: Deps<Code>): Target<Ref> {
    const { address, read, first } = entranceOf(entrance, deps);
    const papers = keepPapers(read, deps);
    const api = makeApi(papers, deps, address, first);
    const about = makeAbout(api, papers, deps);
    const made: readonly Form[] = chosen === 'both' ? ['helm', 'oci'] : [chosen];
    const templates = templatesFor(deps.wanted, made);
    const hopesFor = makeHopes(deps.clock);
    const own = templates.map(({ name }) => name);
    const names = secrets.length > 0 ? [...new Set([...secrets, ...own])] : undefined;
    const rights = makeRights(api, () => neededRights(names, deps.mayCreate ? own : []), deps.clock);
    const place = { namespace, target: deps.name };
    const write = makeWriter(api, place, deps);
    const refused = paceRefused();

    async function listed(name: string | undefined, signal: AbortSignal): Promise<readonly Repository[]> {
      const right = { verbs: ['list'], resource: 'secrets', ...(name !== undefined && { names: [name] }) };
      const asked = { what: `Secrets in ${namespace}`, right, namespace };
      const path = pathOf('secrets', { namespace, labels: `${typeLabel} in (${kinds.join(',')})`, ...(name !== undefined && { name }) });
      return (await list(api, { path, asked }, repositoryIn, signal)).items;
    }
    const look = async (signal: AbortSignal): Promise<readonly Repository[]> =>
      (await inTurns(names ?? [undefined], name => listed(name, signal))).flat();

    return {
      address: `${namespace} at ${address}`,
      async discover(signal): Promise<Discovery<Ref>> {
        const looked = withRights(() => rights.lacks([namespace], signal), look(signal), rights);
        const [said, [lacks, all]] = await Promise.all([about(signal), looked]);
        const hoped = deps.mayCreate ? hopesFor(templates, all) : [];
        const { slots, findings: told } = survey(all, namespace, { templates, hoped }, deps);
        refused.looked(slots);
        const missing = lacks.map(lackSaid).map(({ said, remedy }) => deps.finding('RIGHT_MISSING', said, remedy));
        return { slots, findings: [...missing, ...told], about: { ...said, shares: [(await papers(signal)).server.url] } };
      },
      async deliver(slot, credentials, signal) {
        try {
          return await refused.paced(slot.id, () => write(slot, credentials, 'written', signal));
        } catch (error) {
          if (error instanceof Failure && error.code === 'FORBIDDEN') rights.doubt();
          throw error;
        }
      },
      rehearse: (slot, credentials, signal) => write(slot, credentials, 'rehearsed', signal),
      prune: makePruner(api, place, names && own),
    };
  },
});
