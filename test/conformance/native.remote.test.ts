import { describe } from 'vitest';
import { nativeLaws, nativeWorld } from './native-world.ts';
import { mirrorLaws } from './remote-mirror.ts';

nativeLaws('file');

describe('remote port, read elsewhere: native git', () => mirrorLaws(() => nativeWorld('file', true)));
