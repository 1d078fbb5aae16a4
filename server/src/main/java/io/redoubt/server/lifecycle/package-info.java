/**
 * The life of a data server: loading at the start, finding its role again after a restart, the
 * periodic work of cron and housekeeping, and shutdown. Start reading at {@link
 * io.redoubt.server.lifecycle.DataSet#loadAtStart}. Imports the parts whose life it is; none of
 * them knows it.
 */
@NullMarked
package io.redoubt.server.lifecycle;

import org.jspecify.annotations.NullMarked;
