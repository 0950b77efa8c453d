"""mlefit: a noise model fitted twice, by maximum likelihood and by the loss it implies, with the proof that both agree."""
