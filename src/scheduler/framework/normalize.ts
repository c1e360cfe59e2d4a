/** Ways to bring raw scores into 0..100, in place. */
export const MAX_SCORE = 100;

/** The largest becomes 100. */
export function moreIsBetter(scores: Float64Array): void {
  scale(scores, false);
}

/** The largest becomes 0, and 0 becomes 100. */
export function fewerIsBetter(scores: Float64Array): void {
  scale(scores, true);
}

function scale(scores: Float64Array, reverse: boolean): void {
  let max = 0;
  for (const score of scores) if (score > max) max = score;
  for (let i = 0; i < scores.length; i++) {
    const share = max === 0 ? 0 : Math.trunc((MAX_SCORE * scores[i]!) / max);
    scores[i] = reverse ? MAX_SCORE - share : share;
  }
}
