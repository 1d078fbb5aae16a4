/**
 * The records that the loop sends to the writer thread during a snapshot: entries, parts of large
 * values, the queue, and the pace of the walk. Start reading at {@link
 * io.redoubt.server.snapshot.record.LargeValues}. Imports the store, the export of values and the
 * context of snapshots.
 */
@NullMarked
package io.redoubt.server.snapshot.record;

import org.jspecify.annotations.NullMarked;
