export { ConfigError, type DeepPartial, type Settings } from './config/index.ts'
export { LogError } from './log/log.ts'
export { sluice } from './plugin.ts'
