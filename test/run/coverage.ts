/**
 * The rule for coverage, in one place. Empty: tap's own, 100 % of everything. A floor is `--statements=95`, `--branches=…`,
 * `--lines=…`, `--functions=…`; no rule at all is `--allow-incomplete-coverage`.
 */
export const coverageRule: string[] = ['--allow-incomplete-coverage']

export const withCoverage = ['--coverage-report=text', ...coverageRule]
export const withoutCoverage = ['--disable-coverage', '--allow-empty-coverage']
