/** Tests of the Spring Boot support, as applications would write them. */
@NullMarked
package io.redoubt.spring;

import org.jspecify.annotations.NullMarked;
