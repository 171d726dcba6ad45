"""The demonstration: PCD 911 from its decision to the morning of 8 March 2021, told through the services.

The facts of the decision are in `pcd_911.json`; whatever was never published is invented, or marked there as
assumed. The people are ranks and numbers. `opening` sets up the grant, `weeks` tells the five weeks.
"""
