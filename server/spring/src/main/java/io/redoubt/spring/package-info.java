/**
 * Servers and sentinels as the Redis of a Spring Boot test; start reading at {@link
 * io.redoubt.spring.RedoubtConnection}. Public classes of this package are the API that users
 * compile against. Imports {@code embedded}.
 */
@NullMarked
package io.redoubt.spring;

import org.jspecify.annotations.NullMarked;
