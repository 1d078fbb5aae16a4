/**
 * The metrics of embedded servers as Micrometer meters; start reading at {@link
 * io.redoubt.micrometer.RedoubtMetrics}. Public classes of this package are the API that users
 * compile against.
 */
@NullMarked
package io.redoubt.micrometer;

import org.jspecify.annotations.NullMarked;
