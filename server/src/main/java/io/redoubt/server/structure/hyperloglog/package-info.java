/**
 * The registers of a HyperLogLog, dense and sparse, and its estimate. Start reading at {@link
 * io.redoubt.server.structure.hyperloglog.HyperLogLog}. Imports memory only.
 */
@NullMarked
package io.redoubt.server.structure.hyperloglog;

import org.jspecify.annotations.NullMarked;
