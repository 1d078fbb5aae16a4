/** Tests of the reference. */
@NullMarked
package io.redoubt.dist.reference;

import org.jspecify.annotations.NullMarked;
