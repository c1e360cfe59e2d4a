import type { JWK } from 'jose';

/** Signs service account tokens in tests; made for that alone. */
export const TEST_KEY: JWK = {
  kty: 'EC', crv: 'P-256', alg: 'ES256', kid: 'test',
  x: '3oZ5HCK9TtTmiWtDenefyUkVgnEtzpdf-HFbRogdvEo',
  y: 'wBYr1my0FdM_nYisCskx7GIV7LhAfC5uS7ju-NCdo3g',
  d: 'MDzw62ciQ9APm64qXeYXWsryCnPfCC949NT2XytJ40Q',
};
