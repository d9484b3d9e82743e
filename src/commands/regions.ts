import { hint } from '../../config/nearest.ts';
import { quote } from '../contract/text.ts';
import { UsageError } from './io.ts';

/** Regions of all partitions from the AWS SDK 3.1169. AWS adds some each year. */
const known = [
  'af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1',
  'ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1',
  'eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1',
  'me-south-1 me-west-1 mx-central-1 sa-east-1 sa-west-1 us-east-1 us-east-2 us-west-1 us-west-2',
  'cn-north-1 cn-northwest-1 eusc-de-east-1 us-gov-east-1 us-gov-west-1 us-iso-east-1 us-iso-west-1 us-isob-east-1',
  'us-isob-west-1 us-isof-east-1 us-isof-south-1 eu-isoe-west-1',
].flatMap(line => line.split(' '));

/** The end of every region name. New regions only bring new prefixes. */
const place = /-(central|(north|south)?(east|west)?)-\d{1,2}$/;

/**
 * Checks regions for commands that send no requests. Throws a UsageError for a text that cannot be a region. Returns a
 * sentence for each unknown region.
 */
export function regionNotes(regions: Iterable<string>): readonly string[] {
  return [...new Set(regions)]
    .filter(region => !known.includes(region))
    .map(region => {
      if (!place.test(region)) throw new UsageError(`${quote(region)} is not an AWS region${hint(region, known) || ': eu-west-1 is one'}`);
      return `${region} is not a region that is known here${hint(region, known)}`;
    });
}
