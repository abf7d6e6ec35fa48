import { nativeLaws } from '../conformance/native-world.ts';

nativeLaws('http');
