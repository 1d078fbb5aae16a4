/** The sentinel. May import protocol; knows nothing of server or persistence. */
@NullMarked
package io.redoubt.sentinel;

import org.jspecify.annotations.NullMarked;
