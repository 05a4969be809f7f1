/**
 * The rule for coverage, in one place. The floor lies a little below what is reached, since which of two ways a retry goes
 * in a fault test is a matter of timing.
 */
export const coverageRule: string[] = ['statements', 'branches', 'functions', 'lines'].map((measure) => `--${measure}=98.5`)

export const withCoverage = ['--coverage-report=text', ...coverageRule]
export const withoutCoverage = ['--disable-coverage', '--allow-empty-coverage']
