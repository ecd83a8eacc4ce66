// Whether the files that were named make whole sets: every stripe once.
import type { Damage, StripePlace } from './verify-report.ts';

/** What is missing or too much, one damage per set and problem. */
export function checkStripeSets(places: readonly StripePlace[]): Damage[] {
  const sets = new Map<string, StripePlace[]>();
  for (const place of places) sets.set(place.set, [...(sets.get(place.set) ?? []), place]);
  return [...sets].flatMap(([set, stripes]) => checkSet(set, stripes));
}

function checkSet(set: string, places: readonly StripePlace[]): Damage[] {
  const stripes = places.map((place) => place.stripe);
  const counts = new Set(places.map((place) => place.stripes));
  if (counts.size > 1) {
    const message = `the stripes of set ${set} do not agree how many they are: ${[...counts].join(', ')}`;
    return [{ code: 'stripe-counts', message }];
  }
  const [total = 0] = counts;
  const twice = stripes.filter((stripe, index) => stripes.indexOf(stripe) !== index);
  const missing = Array.from({ length: total }, (_, index) => index + 1).filter(
    (stripe) => !stripes.includes(stripe),
  );
  return [
    ...said('stripe-twice', twice, (list) => `stripe ${list} of set ${set} was named twice`),
    ...said(
      'stripe-missing',
      missing,
      (list) => `stripe ${list} of ${total} of set ${set} was not named: a set is only good whole`,
    ),
  ];
}

function said(code: string, stripes: readonly number[], words: (list: string) => string): Damage[] {
  return stripes.length === 0 ? [] : [{ code, message: words(stripes.join(', ')) }];
}
