@NullMarked
package io.redoubt.protocol.session.heap;

import org.jspecify.annotations.NullMarked;
