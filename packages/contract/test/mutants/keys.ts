import { listingOf, type Mutant, mapped } from './kit.ts'

export const keysMutants: Readonly<Record<string, Mutant>> = {
  ': becomes /': {
    caughtBy: ['keys: separators: colon, slash, backslash and look-alikes', 'keys: path tricks that stay names'],
    open: mapped((key) => key.replaceAll(':', '/')),
  },
  '\\ becomes /': {
    caughtBy: ['keys: separators: colon, slash, backslash and look-alikes', 'keys: path tricks that stay names'],
    open: mapped((key) => key.replaceAll('\\', '/')),
  },
  'keys are lowercased': {
    caughtBy: ['keys: those that differ in case only are different'],
    open: mapped((key) => key.toLowerCase()),
  },
  'keys are brought into NFC': {
    caughtBy: ['keys: unicode, NFC and NFD forms being different'],
    open: mapped((key) => key.normalize('NFC')),
  },
  'keys are brought into NFD': {
    caughtBy: ['keys: unicode, NFC and NFD forms being different'],
    open: mapped((key) => key.normalize('NFD')),
  },
  'percent escapes are decoded': {
    caughtBy: [
      'keys: separators: colon, slash, backslash and look-alikes',
      'keys: marks of URLs: ? # & % + space and percent escapes',
    ],
    open: mapped((key) => {
      try {
        return decodeURIComponent(key)
      } catch {
        return key
      }
    }),
  },
  'what follows ? is lost': {
    caughtBy: ['keys: marks of URLs: ? # & % + space and percent escapes'],
    open: mapped((key) => key.split('?')[0] || key),
  },
  'what follows # is lost': {
    caughtBy: ['keys: marks of URLs: ? # & % + space and percent escapes'],
    open: mapped((key) => key.split('#')[0] || key),
  },
  '? is escaped, but not the escapes that are there already': {
    caughtBy: ['keys: marks of URLs: ? # & % + space and percent escapes'],
    open: mapped((key) => key.replaceAll('?', '%3F')),
  },
  'control characters become _': {
    caughtBy: ['keys: quotes, brackets, globs and control characters'],
    open: mapped((key) => key.replace(/[\u0000-\u001f]/g, '_')),
  },
  'quotes are left out': {
    caughtBy: ['keys: quotes, brackets, globs and control characters'],
    open: mapped((key) => key.replace(/["']/g, '')),
  },
  'what is not ASCII becomes ?': {
    caughtBy: ['keys: unicode, NFC and NFD forms being different'],
    open: mapped((key) => key.replace(/[^\u0000-\u007f]/g, '?')),
  },
  'names that Windows reserves get a _ in front': {
    caughtBy: ['keys: names that Windows reserves'],
    open: mapped((key) => key.replace(/^con(\.|$)/i, '_$&')),
  },
  '+ becomes a space': {
    caughtBy: ['keys: marks of URLs: ? # & % + space and percent escapes'],
    open: mapped((key) => key.replaceAll('+', ' ')),
  },
  'long keys are truncated': {
    caughtBy: ['keys: long segments, long keys, deep keys'],
    open: mapped((key) => key.slice(0, 255)),
  },
  'the far end of a key is lost': {
    caughtBy: ['keys: long segments, long keys, deep keys'],
    open: mapped((key) => key.slice(0, 1023)),
  },
  'spaces at the end are lost': {
    caughtBy: ['keys: leading and trailing dots and spaces'],
    open: mapped((key) => key.trimEnd() || key),
  },
  'dots at the end are lost': {
    caughtBy: ['keys: leading and trailing dots and spaces', 'list: every key once, in the order of its UTF-8 bytes'],
    open: mapped((key) => key.replace(/\.+$/, '') || key),
  },
  'listed keys are encoded': {
    caughtBy: [
      'keys: unicode, NFC and NFD forms being different',
      'keys: separators: colon, slash, backslash and look-alikes',
    ],
    open: listingOf((rows) => rows.map((row) => ({ ...row, key: encodeURI(row.key) }))),
  },
}
