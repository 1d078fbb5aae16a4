/**
 * The wait of a blocked client and the operation that it waits for. Start reading at {@link
 * io.redoubt.protocol.session.blocking.Waiting}, which blocking commands implement.
 */
@NullMarked
package io.redoubt.protocol.session.blocking;

import org.jspecify.annotations.NullMarked;
