/**
 * Files of buffered stream bytes: a master's, which a replica can't accept during its full sync,
 * and a replica's, which can't be applied before the data set is loaded. Start reading at {@link
 * io.redoubt.server.replication.spill.SpillSpace}. Imports the disk and the settings.
 */
@NullMarked
package io.redoubt.server.replication.spill;

import org.jspecify.annotations.NullMarked;
