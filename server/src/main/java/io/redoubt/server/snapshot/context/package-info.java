/**
 * The dependencies of snapshots as interfaces and records: the data set, the loop and the settings.
 * Start reading at {@link io.redoubt.server.snapshot.context.SnapshotContext}. Imports the store,
 * the disk, the clock and threads.
 */
@NullMarked
package io.redoubt.server.snapshot.context;

import org.jspecify.annotations.NullMarked;
