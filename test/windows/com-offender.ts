// A client that breaks one rule of COM or VDI on purpose, run under Wine by com-judge.test.ts. Not a test.

import { DataType, load } from '../../src/system/ffi.ts';
import { ComDeviceSet, setSlots } from '../../src/vdi/com/com-device-set.ts';
import { type ComKeys, openComLibraries } from '../../src/vdi/com/com-library.ts';
import { ComThread } from '../../src/vdi/com/com-thread.ts';
import { encodeConfiguration } from '../../src/vdi/struct-layout.ts';

const offences: Readonly<Record<string, (keys: ComKeys) => void>> = {
  none(keys) {
    const set = created(keys);
    set.signalAbort();
    set.close();
    set.destroy();
  },
  unreleased(keys) {
    created(keys).close();
  },
  released(keys) {
    const set = created(keys);
    set.close();
    const com = new ComThread(keys);
    com.call(set.address, setSlots.Release);
    com.call(set.address, setSlots.SignalAbort);
  },
  apartment(keys) {
    const set = created(keys);
    load({
      library: keys.ole32,
      funcName: 'CoUninitialize',
      retType: DataType.Void,
      paramsType: [],
      paramsValue: [],
    });
    set.signalAbort();
  },
  slot(keys) {
    const com = new ComThread(keys);
    const deprecatedCreate = 3;
    com.call(com.createDeviceSet().set, deprecatedCreate);
  },
  instance(keys) {
    new ComDeviceSet(keys).create('set', encodeConfiguration(1, 0), 'HOST\\SQLEXPRESS');
  },
  'abort-twice'(keys) {
    const set = created(keys);
    set.signalAbort();
    set.signalAbort();
  },
  'late-call'(keys) {
    const set = created(keys);
    set.close();
    set.signalAbort();
  },
};

function created(keys: ComKeys): ComDeviceSet {
  const set = new ComDeviceSet(keys);
  const hresult = set.create('set', encodeConfiguration(1, 0), undefined);
  if (hresult !== 0) throw new Error(`CreateEx answered 0x${hresult.toString(16)}`);
  return set;
}

const offence = offences[process.argv[2] ?? ''];
if (!offence) throw new Error(`no such offence: ${process.argv[2]}`);
offence(openComLibraries(0).main);
