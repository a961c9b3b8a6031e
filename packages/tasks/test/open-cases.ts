/**
 * The behaviour cases of the documents that this library follows: each is a test whose name carries the id, or has its reason here.
 */

const OTHERS: Readonly<Record<string, readonly string[]>> = {
  'a test of examples/quickstart carries its id, where the clouds and codecs are': [
    'D027-S3',
    'D028-S3',
    'D029-S3',
    'D030-S3',
    'D034-S3',
    'D036-S3',
    'D037-GCS',
    'D038-GCS',
    'D039-GCS',
    'D040-AZ',
    'D042-AZ',
    'D068-SER',
  ],
  'the tests of @resultkit/azure are its place': ['D041-AZ'],
  'declined: a Result holds no value, write returns a reference': ['D003-R'],
  'declined: metadata is in the record, not beside it': ['D122-STO', 'D123-STO', 'D133-STO'],
  'declined: no Prefect 2 preset': ['D157-PER'],
  'declined: a body that ends early returns its value, and there is nothing else to end it': ['D084-PIPE'],
  'declined: no looping state; a body loops by itself, and calls a task for what is to be kept each time': [
    'D094-PIPE',
  ],
  'does not arise: a policy holds no storage, isolation level or lock manager': ['D169-KEY'],
  'declined: transactions': [
    'D178-TXN',
    'D179-TXN',
    'D180-TXN',
    'D181-TXN',
    'D182-TXN',
    'D184-TXN',
    'D185-TXN',
    'D187-TXN',
    'D188-TXN',
    'D189-TXN',
    'D192-TXN',
    'D194-TXN',
    'D195-TXN',
  ],
  'declined: locks that users see': ['D197-LCK', 'D198-LCK', 'D199-LCK', 'D200-LCK', 'D205-LCK', 'D206-LCK'],
}

/** Why a case has no test here, by id. */
export const WITHOUT_TEST: ReadonlyMap<string, string> = new Map(
  Object.entries(OTHERS).flatMap(([why, ids]) => ids.map((id) => [id, why] as const)),
)

/** All ids. */
export const CASES: readonly string[] = `
D001-R D002-R D003-R D004-R D006-R D007-R D009-R D011-R D013-R D015-LOC D016-LOC D017-LOC D018-LOC D020-LOC D024-LOC D025-LOC
D027-S3 D028-S3 D029-S3 D030-S3 D034-S3 D036-S3 D037-GCS D038-GCS D039-GCS D040-AZ D041-AZ D042-AZ D045-INL D046-INL D047-INL
D048-INL D050-INL D052-INL D054-CON D055-SEC D057-SER D058-SER D061-SER D062-SER D063-SER D064-SER D067-SER D068-SER D070-SER
D072-SER D073-SER D076-PIPE D077-PIPE D079-PIPE D080-PIPE D081-PIPE D082-PIPE D084-PIPE D085-PIPE D087-PIPE D089-PIPE D090-PIPE
D091-PIPE D093-PIPE D094-PIPE D096-PIPE D098-TGT D099-TGT D100-TGT D101-TGT D102-TGT D105-TGT D109-TGT D111-CV D112-CV D113-CV
D114-CV D117-CV D119-CV D121-CV D122-STO D123-STO D125-STO D126-STO D127-STO D130-STO D132-STO D133-STO D135-STO D136-STA D137-STA
D138-STA D139-STA D143-STA D144-STA D145-PER D146-PER D147-PER D148-PER D149-PER D154-PER D156-PER D157-PER D158-PER D160-PER
D161-PER D162-KEY D163-KEY D164-KEY D165-KEY D168-KEY D169-KEY D170-KEY D172-KEY D173-KEY D174-KEY D176-KEY D177-KEY D178-TXN
D179-TXN D180-TXN D181-TXN D182-TXN D184-TXN D185-TXN D187-TXN D188-TXN D189-TXN D192-TXN D194-TXN D195-TXN D197-LCK D198-LCK
D199-LCK D200-LCK D205-LCK D206-LCK D207-FS
`
  .trim()
  .split(/\s+/)
