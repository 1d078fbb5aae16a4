/**
 * Keeps clients from exhausting the Java heap. Start reading at {@link
 * io.redoubt.protocol.session.heap.HeapGate}.
 */
@NullMarked
package io.redoubt.protocol.session.heap;

import org.jspecify.annotations.NullMarked;
