/** Decisions that the server has not heard of yet: volumes given to claims, and nodes chosen for claims to be provisioned. */
export class Assumed {
  readonly #claimOf = new Map<string, string>();
  readonly #nodeOf = new Map<string, string>();

  /** Whether the volume is given to another claim. */
  takes(volume: string, claim: string): boolean {
    const other = this.#claimOf.get(volume);
    return other !== undefined && other !== claim;
  }

  nodeOf(claim: string): string | undefined {
    return this.#nodeOf.get(claim);
  }

  give(volume: string, claim: string): void {
    this.#claimOf.set(volume, claim);
  }

  choose(claim: string, node: string): void {
    this.#nodeOf.set(claim, node);
  }

  forget({ volumes, claims }: { readonly volumes: readonly string[]; readonly claims: readonly string[] }): void {
    for (const volume of volumes) this.#claimOf.delete(volume);
    for (const claim of claims) this.#nodeOf.delete(claim);
  }
}
