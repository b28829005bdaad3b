#!/usr/bin/env node
import { launch } from '@shoal/cli/launch'

await launch(import.meta.url, 'main')
