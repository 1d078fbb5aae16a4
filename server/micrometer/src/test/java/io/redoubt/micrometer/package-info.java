/** Tests of the meters of embedded servers. */
@NullMarked
package io.redoubt.micrometer;

import org.jspecify.annotations.NullMarked;
