/** The rule for coverage, in one place. */
export const coverageRule: string[] = ['statements', 'branches', 'functions', 'lines'].map((measure) => `--${measure}=99.5`)

export const withCoverage = ['--coverage-report=text', ...coverageRule]
export const withoutCoverage = ['--disable-coverage', '--allow-empty-coverage']
