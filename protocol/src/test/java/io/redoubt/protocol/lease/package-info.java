/** Tests of leases. */
@NullMarked
package io.redoubt.protocol.lease;

import org.jspecify.annotations.NullMarked;
