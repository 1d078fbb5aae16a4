/**
 * The records of a snapshot on their way from the loop to the writer thread: entries, large values
 * part by part, the queue, and the pace of the walk. Start reading at {@link
 * io.redoubt.server.snapshot.record.LargeValues}. Imports the store, the export of values and the
 * context of snapshots.
 */
@NullMarked
package io.redoubt.server.snapshot.record;

import org.jspecify.annotations.NullMarked;
