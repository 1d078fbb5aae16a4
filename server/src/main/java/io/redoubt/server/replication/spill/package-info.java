/**
 * Files of stream bytes that are not needed yet: those a replica can't take during its full sync,
 * and those of a master that can't be applied before its data set is loaded. Start reading at
 * {@link io.redoubt.server.replication.spill.SpillSpace}. Imports the disk and the settings.
 */
@NullMarked
package io.redoubt.server.replication.spill;

import org.jspecify.annotations.NullMarked;
