package io.redoubt.spring;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;

/** The application whose Redis is replaced. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
class Application {}
